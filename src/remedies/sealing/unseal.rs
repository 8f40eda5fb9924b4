//! A sealed archive back into files. What was forgotten is missing, and everything else is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::frame::{Hole, read};
use crate::disk::{Disk, DiskFile, SystemDisk};
use crate::problem::Problem;
use crate::vault::{Kind, Object, Opening, Vault};

/// Where an archive's original lay when it was sealed; none where its name was not in UTF-8.
///
/// # Errors
/// A [`Problem`] where the archive cannot be read.
pub fn source_of(vault: &Vault<'_>, archive: &[u8; 16]) -> Result<Option<PathBuf>, Problem> {
    let head = vault.open_archive(archive)?.next_object()?.and_then(|object| object.opened.ok());
    let head: Option<Value> = head.and_then(|head| serde_json::from_slice(head.data()).ok());
    Ok(head.as_ref().and_then(|head| head.get("source")?.as_str()).map(PathBuf::from))
}

/// What comes out of an archive, in order.
pub(super) enum Event<'e> {
    /// An item begins: its number, and its head where that can be opened.
    Item(u32, Option<&'e Value>),
    /// Bytes of an item.
    Bytes(u32, &'e [u8]),
    /// Something that was forgotten: its item and kind, and what takes its place.
    Forgotten(u32, Kind, &'e [u8]),
}

type Take<'t> = dyn FnMut(Event<'_>) -> Result<(), Problem> + 't;

/// Puts objects together again.
pub(super) struct Assembly<'o, 'v> {
    opening: &'o mut Opening<'v>,
    /// An object that was read and belongs to what comes next.
    held: Option<Object>,
}

fn damaged() -> Problem {
    let what = "the objects of the archive do not fit together";
    Problem::new("archive-damaged", what, "nothing was changed; put back a copy of the sealed archive")
}

impl<'o, 'v> Assembly<'o, 'v> {
    pub(super) fn new(opening: &'o mut Opening<'v>) -> Self {
        Self { opening, held: None }
    }

    fn next(&mut self) -> Result<Option<Object>, Problem> {
        match self.held.take() {
            Some(object) => Ok(Some(object)),
            None => self.opening.next_object(),
        }
    }

    /// Gives everything to `take`.
    pub(super) fn run(&mut self, take: &mut Take<'_>) -> Result<(), Problem> {
        while let Some(object) = self.next()? {
            let item = object.label.item;
            match object.label.kind {
                Kind::Archive | Kind::End => {}
                Kind::Item => {
                    let head = object.opened.ok();
                    let head = head.and_then(|head| serde_json::from_slice::<Value>(head.data()).ok());
                    take(Event::Item(item, head.as_ref()))?;
                }
                Kind::Frame => self.frame(object, &[], take)?,
                // Left over from a frame that was forgotten, between records that were not.
                Kind::Span if object.opened.is_err() => {}
                Kind::Span => return Err(damaged()),
            }
        }
        Ok(())
    }

    /// A frame and everything in its holes. A frame whose key is gone takes its spans with it.
    fn frame(&mut self, object: Object, replacement: &[u8], take: &mut Take<'_>) -> Result<(), Problem> {
        let (item, slot) = (object.label.item, object.label.record);
        let Ok(opened) = object.opened else {
            take(Event::Forgotten(item, Kind::Frame, replacement))?;
            return self.skip_spans(item, slot);
        };
        let (holes, literal) = read(opened.data()).ok_or_else(damaged)?;
        let mut from = 0;
        for Hole { at, replacement } in &holes {
            let to = usize::try_from(*at).map_err(|_| damaged())?;
            take(Event::Bytes(item, literal.get(from..to).ok_or_else(damaged)?))?;
            from = to;
            let inner = self.next()?.filter(|inner| inner.label.item == item).ok_or_else(damaged)?;
            match inner.label.kind {
                Kind::Frame => self.frame(inner, replacement, take)?,
                Kind::Span => match &inner.opened {
                    Ok(opened) => take(Event::Bytes(item, opened.data()))?,
                    Err(_) => take(Event::Forgotten(item, Kind::Span, replacement))?,
                },
                _ => return Err(damaged()),
            }
        }
        take(Event::Bytes(item, literal.get(from..).ok_or_else(damaged)?))
    }

    fn skip_spans(&mut self, item: u32, slot: u64) -> Result<(), Problem> {
        while let Some(object) = self.next()? {
            let label = &object.label;
            if label.kind != Kind::Span || label.item != item || label.record != slot {
                self.held = Some(object);
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What came out.
#[derive(Default)]
pub struct Unsealed {
    /// Files written.
    pub items: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Records that are forgotten.
    pub records: u64,
    /// Spans that are forgotten in records that are not.
    pub spans: u64,
    /// Files whose name is forgotten.
    pub names: u64,
}

/// Counts what an archive still holds, opening everything and writing nothing.
///
/// # Errors
/// A [`Problem`] where the archive is damaged.
pub fn count(vault: &Vault<'_>, archive: &[u8; 16]) -> Result<Unsealed, Problem> {
    let mut opening = vault.open_archive(archive)?;
    let mut done = Unsealed::default();
    Assembly::new(&mut opening).run(&mut |event| {
        done.note(&event);
        Ok(())
    })?;
    Ok(done)
}

/// Writes an archive's files to a folder that is not there yet; it is called `OUT.partial` until all of
/// them are there.
///
/// # Errors
/// A [`Problem`] where the archive is damaged or the folder cannot be written.
pub fn unseal(vault: &Vault<'_>, archive: &[u8; 16], out: &Path) -> Result<Unsealed, Problem> {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = out.with_file_name(name);
    for path in [out, &partial] {
        if fs::symlink_metadata(path).is_ok() {
            let what = format!("{} is already there", path.display());
            return Err(Problem::new("output-exists", what, "choose a folder that is not there yet"));
        }
    }
    let mut opening = vault.open_archive(archive)?;
    SystemDisk.create_folder(&partial).map_err(unwritten)?;
    let done = written(&mut opening, &partial).and_then(|done| {
        SystemDisk.rename(&partial, out).map_err(unwritten)?;
        Ok(done)
    });
    let done = done.map_err(|problem| without(&partial, problem))?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    SystemDisk.sync_folder(parent).map_err(unwritten)?;
    Ok(done)
}

fn written(opening: &mut Opening<'_>, partial: &Path) -> Result<Unsealed, Problem> {
    let mut done = Unsealed::default();
    let mut files = Files { root: partial.to_path_buf(), open: None, folders: BTreeMap::new() };
    Assembly::new(opening).run(&mut |event| {
        done.note(&event);
        files.take(event).map_err(unwritten)
    })?;
    files.close().map_err(unwritten)?;
    files.folder_modes().map_err(unwritten)?;
    Ok(done)
}

/// Plain text of an archive that did not come out whole is removed; where it cannot be, that is told.
fn without(partial: &Path, problem: Problem) -> Problem {
    match fs::remove_dir_all(partial) {
        Ok(()) => problem,
        Err(error) => {
            let what = format!(
                "{}; what was written stays in {}: {}",
                problem.what,
                partial.display(),
                error.kind()
            );
            Problem::new(problem.code, what, "remove that folder: it holds plain text")
        }
    }
}

fn unwritten(error: io::Error) -> Problem {
    let what = format!("the files could not be written: {}", error.kind());
    Problem::new("unseal-not-written", what, "the vault is as it was; make room and run again")
}

impl Unsealed {
    fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Item(_, Some(head)) if head.get("folder") == Some(&Value::Bool(true)) => {}
            Event::Item(_, None) => self.names += 1,
            Event::Item(..) => self.items += 1,
            Event::Bytes(_, bytes) => self.bytes += bytes.len() as u64,
            Event::Forgotten(_, Kind::Frame, _) => self.records += 1,
            Event::Forgotten(..) => self.spans += 1,
        }
    }
}

static DISK: SystemDisk = SystemDisk;

struct OpenFile {
    item: u32,
    path: PathBuf,
    mode: Option<u32>,
    file: Option<Box<dyn DiskFile>>,
    /// Bytes that are not written yet: spans are small, and there are many.
    buffer: Vec<u8>,
}

/// Bytes that are collected before they are written.
const BUFFER: usize = 256 << 10;

struct Files {
    root: PathBuf,
    /// The item that is written, its path, and its file once it has bytes or is known to be one.
    open: Option<OpenFile>,
    folders: BTreeMap<PathBuf, u32>,
}

/// A path that stays below its folder: only plain names.
fn plain(path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.components().next().is_some()).then(|| path.to_path_buf())
}

impl Files {
    fn take(&mut self, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::Item(item, head) => {
                self.close()?;
                let mode = head
                    .and_then(|head| head.get("mode")?.as_u64())
                    .and_then(|mode| u32::try_from(mode).ok());
                let path = head.and_then(|head| plain(head.get("path")?.as_str()?));
                let path = path.unwrap_or_else(|| PathBuf::from(format!("item-{item:06}")));
                let folder = head.is_some_and(|head| head.get("folder") == Some(&Value::Bool(true)));
                if folder {
                    SystemDisk.create_folder(&self.root.join(&path))?;
                    self.folders.extend(mode.map(|mode| (path, mode)));
                } else {
                    self.open = Some(OpenFile { item, path, mode, file: None, buffer: Vec::new() });
                    // A file whose head is known is written even where it is empty.
                    if head.is_some() {
                        self.write(item, &[])?;
                    }
                }
                Ok(())
            }
            Event::Bytes(item, bytes) => self.write(item, bytes),
            Event::Forgotten(item, _, replacement) if !replacement.is_empty() => {
                self.write(item, replacement)
            }
            Event::Forgotten(..) => Ok(()),
        }
    }

    fn write(&mut self, item: u32, bytes: &[u8]) -> io::Result<()> {
        let root = self.root.clone();
        let Some(OpenFile { item: number, path, file, buffer, .. }) = &mut self.open else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if *number != item {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if file.is_none() {
            let path = root.join(&*path);
            if let Some(folder) = path.parent() {
                SystemDisk.create_folder(folder)?;
            }
            *file = Some(DISK.create(&path)?);
        }
        let Some(file) = file else { return Ok(()) };
        if buffer.len() + bytes.len() > BUFFER && !buffer.is_empty() {
            file.append(buffer)?;
            buffer.clear();
        }
        match bytes.len() < BUFFER {
            true => buffer.extend_from_slice(bytes),
            false => file.append(bytes)?,
        }
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(OpenFile { path, mode, file, buffer, .. }) = self.open.take() else { return Ok(()) };
        let Some(mut file) = file else { return Ok(()) };
        if !buffer.is_empty() {
            file.append(&buffer)?;
        }
        file.sync()?;
        drop(file);
        set_mode(&self.root.join(path), mode)
    }

    /// Modes of folders come last: one may forbid writing.
    fn folder_modes(&self) -> io::Result<()> {
        self.folders.iter().rev().try_for_each(|(path, mode)| set_mode(&self.root.join(path), Some(*mode)))
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match mode {
        Some(mode) => fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o777)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_folder() {
        assert_eq!(plain("a/b.json"), Some(PathBuf::from("a/b.json")));
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "."] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }
}
