//! Work of the walk into parts of the output, on every thread.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::names::Place;
use super::piece::{Account, Redactor, Withheld};
use super::tree::{NewBytes, Part, PiecePart};
use crate::audit::{Desk, Item, OwnedPiece, Work, path_of, read_whole, whole};
use crate::vault::{Digest, Key};

/// What the user named, to tell where an item goes.
pub(super) struct Places {
    roots: Vec<PathBuf>,
}

impl Places {
    pub(super) fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots }
    }

    /// The path of an item below the output: below the one folder that was named, or below the names
    /// of all that were.
    pub(super) fn below(&self, item: &Item) -> PathBuf {
        let shown = Path::new(item.origin.path.expose());
        let Some(path) = path_of(item) else { return shown.to_path_buf() };
        match self.roots.as_slice() {
            [root] if path == root => match root.is_dir() {
                true => PathBuf::new(),
                false => path.file_name().map(PathBuf::from).unwrap_or_default(),
            },
            [root] => path.strip_prefix(root).map_or_else(|_| shown.to_path_buf(), Path::to_path_buf),
            _ => shown.to_path_buf(),
        }
    }
}

/// Does works.
pub(super) struct Worker<'a> {
    pub(super) redactor: Redactor<'a>,
    pub(super) places: Places,
    /// The key must not travel with the data.
    pub(super) key: Option<&'a Key>,
    pub(super) desks: Mutex<Vec<Desk>>,
    /// Whether names stay as they are: in a later round.
    pub(super) again: bool,
}

impl Worker<'_> {
    /// Does one work.
    pub(super) fn work(&self, work: Work) -> Vec<Part> {
        let mut desk = self.desks.lock().ok().and_then(|mut desks| desks.pop()).unwrap_or_default();
        let parts = self.parts(work, &mut desk);
        if let Ok(mut desks) = self.desks.lock() {
            desks.push(desk);
        }
        parts
    }

    fn parts(&self, work: Work, desk: &mut Desk) -> Vec<Part> {
        match work {
            Work::Excluded => vec![Part::Excluded],
            Work::Folder(item) => {
                let mut account = Account::default();
                let place = self.named(&item, desk, &mut account);
                vec![Part::Folder(place)]
            }
            Work::Gap(item, gap) => vec![self.unread(&item, gap.into(), desk)],
            Work::Piece(piece) => vec![self.piece(*piece, desk)],
            Work::Items(items) => items.into_iter().map(|item| self.item(item, desk)).collect(),
        }
    }

    fn item(&self, item: Item, desk: &mut Desk) -> Part {
        match read_whole(&item) {
            Ok((bytes, _)) if self.is_key(&bytes) => {
                let message = "the project's key must not travel with the data".to_owned();
                self.unread(&item, Withheld { code: "key-file", message }, desk)
            }
            Ok((bytes, gap)) => self.piece(whole(item, bytes, gap.into_iter().collect()), desk),
            Err(gap) => self.unread(&item, gap.into(), desk),
        }
    }

    fn is_key(&self, bytes: &[u8]) -> bool {
        bytes.len() <= 80
            && self.key.is_some_and(|key| {
                key.to_file().trim_end().as_bytes().eq_ignore_ascii_case(bytes.trim_ascii())
            })
    }

    fn piece(&self, piece: OwnedPiece, desk: &mut Desk) -> Part {
        let mut account = Account::default();
        let below = self.places.below(&piece.item);
        let new = self.redactor.piece(&piece, &below.to_string_lossy(), desk, &mut account);
        let place = piece.first.then(|| self.place(&piece.item, &mut account));
        let number = piece.item.number.walk();
        let input = Some(Digest::of(&piece.bytes));
        let bytes = new.map(|new| match new {
            Some(bytes) => NewBytes::Changed(bytes),
            None => NewBytes::Same(piece.bytes),
        });
        Part::Piece(Box::new(PiecePart { number, place, bytes, input, account }))
    }

    /// An item that is not read still has a name.
    fn unread(&self, item: &Item, withheld: Withheld, desk: &mut Desk) -> Part {
        let mut account = Account::default();
        let place = Some(self.named(item, desk, &mut account));
        let number = item.number.walk();
        Part::Piece(Box::new(PiecePart { number, place, bytes: Err(withheld), input: None, account }))
    }

    fn named(&self, item: &Item, desk: &mut Desk, account: &mut Account) -> Place {
        self.redactor.name(item, desk, account);
        self.place(item, account)
    }

    fn place(&self, item: &Item, account: &mut Account) -> Place {
        let shown = item.origin.path.expose();
        let mut data = std::mem::take(&mut account.name);
        if self.again {
            data.clear();
        }
        let (key, added) = (self.redactor.key, &mut account.added);
        let own = &mut |own: &str| added.own(key, own);
        Place::new(&self.places.below(item), shown, &data, self.redactor.operators, own)
    }
}
