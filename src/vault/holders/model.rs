//! A holder outside the disk, with a durability of its own: for tests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::key_file::{unwrap_under, wrap_under};
use crate::disk::model::ModelDisk;

use super::{Assurance, Holder, HolderError, Secret, Status};

/// What the holder has on its own medium.
pub type Keys = BTreeMap<String, Option<[u8; 32]>>;

/// Keys by name; none where destroyed. Every change is remembered with the moment it was made, so that a
/// test can go back to any.
#[derive(Clone, Default)]
pub struct ModelHolder<'d> {
    /// What time it is: how many operations this disk has seen.
    disk: Option<&'d ModelDisk>,
    keys: Rc<RefCell<Keys>>,
    /// The states so far, each with how many operations the disk had seen.
    pub history: Rc<RefCell<Vec<(usize, Keys)>>>,
    /// Requests to fail from now on, without doing anything.
    pub silent: Rc<Cell<bool>>,
    /// Destroys nothing and says it did.
    pub lies: Rc<Cell<bool>>,
}

impl<'d> ModelHolder<'d> {
    /// A holder in a known state.
    pub fn with(keys: Keys, disk: &'d ModelDisk) -> Self {
        Self { keys: Rc::new(RefCell::new(keys)), disk: Some(disk), ..Self::default() }
    }

    /// What it has.
    pub fn state(&self) -> Keys {
        self.keys.borrow().clone()
    }

    fn note(&self) {
        let now = self.disk.map_or(0, ModelDisk::operations);
        self.history.borrow_mut().push((now, self.state()));
    }

    fn key(&self, key_ref: &str) -> Result<Secret, HolderError> {
        if self.silent.get() {
            return Err(HolderError::NoAnswer("silent"));
        }
        match self.keys.borrow().get(key_ref) {
            Some(Some(key)) => Ok(Secret::new(key)),
            Some(None) => Err(HolderError::Refused("destroyed")),
            None => Err(HolderError::NoAnswer("no such key")),
        }
    }
}

impl Holder for ModelHolder<'_> {
    fn name(&self) -> &str {
        "model"
    }

    fn assurance(&self) -> Assurance {
        Assurance::A
    }

    fn kind(&self) -> &'static str {
        "command"
    }

    fn create(&self, name: &str) -> Result<String, HolderError> {
        if self.silent.get() {
            return Err(HolderError::NoAnswer("silent"));
        }
        let key = *Secret::random().map_err(|_| HolderError::NoAnswer("random"))?.expose();
        if self.keys.borrow().contains_key(name) {
            return Err(HolderError::Refused("exists"));
        }
        self.keys.borrow_mut().insert(name.to_owned(), Some(key));
        self.note();
        Ok(name.to_owned())
    }

    fn wrap(&self, key_ref: &str, secret: &Secret) -> Result<Vec<u8>, HolderError> {
        wrap_under(&self.key(key_ref)?, key_ref, secret)
    }

    fn unwrap(&self, key_ref: &str, wrapped: &[u8]) -> Result<Secret, HolderError> {
        unwrap_under(&self.key(key_ref)?, key_ref, wrapped).ok_or(HolderError::Refused("other"))
    }

    fn status(&self, key_ref: &str) -> Result<Status, HolderError> {
        if self.silent.get() {
            return Err(HolderError::NoAnswer("silent"));
        }
        Ok(match self.keys.borrow().get(key_ref) {
            Some(Some(_)) => Status::Active,
            Some(None) => Status::Destroyed,
            None => Status::Unknown,
        })
    }

    fn destroy(&self, key_ref: &str) -> Result<Status, HolderError> {
        if self.silent.get() {
            return Err(HolderError::NoAnswer("silent"));
        }
        if self.lies.get() {
            return Ok(Status::Destroyed);
        }
        if let Some(key) = self.keys.borrow_mut().get_mut(key_ref) {
            *key = None;
        }
        self.note();
        self.status(key_ref)
    }
}
