//! The output: items come in order, piece by piece, and are written one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::digests::Digests;
use super::in_place::Move;
use super::names::{Names, Place};
use super::notice;
use super::piece::{Account, Withheld};
use super::plan::{ItemPlan, row};
use super::values::{Added, ValueKey};
use crate::audit::PieceBytes;
use crate::disk::{Disk, DiskFile};
use crate::vault::{Digest, Sha256};

/// What one work gives the writer.
pub(super) enum Part {
    /// A folder.
    Folder(Place),
    /// A file that `ignore:` leaves out.
    Excluded,
    /// A piece of an item, or an item that could not be read.
    Piece(Box<PiecePart>),
}

/// A piece on its way out.
pub(super) struct PiecePart {
    /// Number of the item in the walk.
    pub(super) number: u32,
    /// Where the item goes; told with the first piece.
    pub(super) place: Option<Place>,
    /// The bytes, or why there are none.
    pub(super) bytes: Result<NewBytes, Withheld>,
    /// Of the bytes that were read; none where there were none.
    pub(super) input: Option<Digest>,
    pub(super) account: Account,
}

/// Bytes that changed, or those that were read.
pub(super) enum NewBytes {
    Same(PieceBytes),
    Changed(Vec<u8>),
}

impl NewBytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Same(bytes) => bytes,
            Self::Changed(bytes) => bytes,
        }
    }
}

/// An item while it is written.
struct Open<'d> {
    number: u32,
    place: Place,
    path: PathBuf,
    file: Option<Box<dyn DiskFile + 'd>>,
    withheld: Option<Withheld>,
    changed: bool,
    input: Option<Sha256>,
    edits: Sha256,
    account: Account,
}

/// Writes items below a folder, or only tells what would be written.
pub(super) struct Output<'d> {
    disk: &'d dyn Disk,
    /// None for a plan.
    root: Option<PathBuf>,
    /// Whether items stay where they are: a later round over what was written.
    again: bool,
    digests: &'d Digests,
    key: ValueKey,
    names: Names,
    open: Option<Open<'d>>,
    pub(super) items: Vec<ItemPlan>,
    pub(super) added: Vec<Added>,
    /// Every item with its names before and after.
    pub(super) moves: Vec<Move>,
    pub(super) excluded: u64,
    /// Data in names of members that nothing takes away.
    pub(super) member_names: u64,
}

/// Behind the name of a file that a later round writes.
const AGAIN: &str = ".olvido-again";
/// olvido's own file in an output.
pub(super) const MANIFEST: &str = "olvido-manifest.json";

impl<'d> Output<'d> {
    pub(super) fn new(
        disk: &'d dyn Disk,
        root: Option<PathBuf>,
        again: bool,
        digests: &'d Digests,
        key: ValueKey,
    ) -> Self {
        let mut names = Names::default();
        if !again {
            names.reserve(MANIFEST);
        }
        Self {
            disk,
            root,
            again,
            digests,
            key,
            names,
            open: None,
            items: Vec::new(),
            moves: Vec::new(),
            added: Vec::new(),
            excluded: 0,
            member_names: 0,
        }
    }

    /// Takes the next part.
    pub(super) fn take(&mut self, part: Part) -> io::Result<()> {
        match part {
            Part::Excluded => self.excluded += 1,
            Part::Folder(place) => {
                let path = self.names.folder(&place);
                if let Some(root) = &self.root {
                    fs::create_dir_all(root.join(path))?;
                }
            }
            Part::Piece(part) => self.piece(*part)?,
        }
        Ok(())
    }

    fn piece(&mut self, part: PiecePart) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|open| open.number != part.number) {
            self.close()?;
            let Some(place) = part.place else { return Ok(()) };
            self.open = Some(self.begin(part.number, place)?);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        open.take(part.account, part.input);
        match part.bytes {
            Err(withheld) => {
                open.withheld.get_or_insert(withheld);
            }
            Ok(bytes) => {
                open.changed |= matches!(bytes, NewBytes::Changed(_));
                if let Some(file) = &mut open.file {
                    file.append(bytes.as_slice())?;
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, number: u32, place: Place) -> io::Result<Open<'d>> {
        let mut path = self.names.item(&place, "", number);
        if self.again {
            let mut name = path.into_os_string();
            name.push(AGAIN);
            path = PathBuf::from(name);
        }
        let file = match &self.root {
            Some(root) => {
                let path = root.join(&path);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                Some(self.disk.create(&path)?)
            }
            None => None,
        };
        Ok(Open {
            number,
            place,
            path,
            file,
            withheld: None,
            changed: false,
            input: None,
            edits: Sha256::new(),
            account: Account::default(),
        })
    }

    /// Ends the item that is open.
    pub(super) fn close(&mut self) -> io::Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        if let Some(file) = &mut open.file {
            file.sync()?;
        }
        drop(open.file.take());
        let input = open.input.take().map(|digest| self.digests.list("pieces", digest));
        let edits = self.digests.list("edits", std::mem::take(&mut open.edits));
        let renamed = open.place.changes();
        self.moves.push(Move { old: open.place.plain_path(), new: open.path.clone() });
        let item = match open.withheld.take() {
            Some(withheld) => {
                let path = self.withhold(&open, &withheld, input.as_deref())?;
                let code = Some(withheld.code.to_owned());
                // What was chosen before the item was withheld is not done.
                let nothing = Account::default();
                let shown = (shown(&path), renamed);
                ItemPlan { code, ..row(open.number, shown, "withheld", &nothing, (input, None)) }
            }
            None => {
                let path = self.settle(&open)?;
                let changed = open.changed;
                let outcome = if changed { "edited" } else { "unchanged" };
                let edits = changed.then_some(edits);
                row(open.number, (shown(&path), renamed), outcome, &open.account, (input, edits))
            }
        };
        self.member_names += open.account.member_names;
        self.added.push(std::mem::take(&mut open.account.added));
        self.items.push(item);
        Ok(())
    }

    /// The item is written: in a later round it takes the place of the file before it.
    fn settle(&mut self, open: &Open<'d>) -> io::Result<PathBuf> {
        if !self.again {
            return Ok(open.path.clone());
        }
        let path = self.names_again(open);
        let Some(root) = &self.root else { return Ok(path) };
        match open.changed {
            true => self.disk.rename(&root.join(&open.path), &root.join(&path))?,
            false => self.disk.unlink(&root.join(&open.path))?,
        }
        Ok(path)
    }

    fn names_again(&self, open: &Open<'d>) -> PathBuf {
        let name = open.path.to_string_lossy();
        match name.strip_suffix(AGAIN) {
            // The name is one that a round before wrote.
            Some(_) => open.place.plain_path(),
            None => open.path.clone(),
        }
    }

    /// A notice takes the place of the item.
    fn withhold(
        &mut self,
        open: &Open<'d>,
        withheld: &Withheld,
        digest: Option<&str>,
    ) -> io::Result<PathBuf> {
        let path = self.names.item(&open.place, notice::SUFFIX, open.number);
        let mut added = Added::default();
        let text = notice::text(withheld, digest, &mut |own| added.own(self.key, own));
        self.added.push(added);
        let Some(root) = &self.root else { return Ok(path) };
        self.disk.unlink(&root.join(&open.path))?;
        if self.again {
            self.disk.unlink(&root.join(open.place.plain_path()))?;
        }
        let mut file = self.disk.create(&root.join(&path))?;
        file.append(text.as_bytes())?;
        file.sync()?;
        Ok(path)
    }
}

impl Open<'_> {
    fn take(&mut self, account: Account, input: Option<Digest>) {
        let own = &mut self.account;
        merge(&mut own.edits, account.edits);
        merge(&mut own.left, account.left);
        merge(&mut own.members, account.members);
        merge(&mut own.allowed, account.allowed);
        own.added.extend(account.added);
        own.member_names += account.member_names;
        own.stale += account.stale;
        self.edits.update(&account.digest.finish().0);
        if let Some(digest) = input {
            self.input.get_or_insert_with(Sha256::new).update(&digest.0);
        }
    }
}

fn merge<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *to.entry(key).or_default() += count;
    }
}

/// A path of the output, with `/` on every system.
fn shown(path: &Path) -> String {
    let names: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    names.join("/")
}
