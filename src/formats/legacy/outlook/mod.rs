//! Messages of Outlook and Exchange: `.msg` files and the `winmail.dat` of mails.

pub(super) mod compressed_rtf;
mod message;
pub(super) mod msg;
mod property;
pub(in crate::formats) mod store;
mod time;
pub(super) mod tnef;

#[cfg(test)]
mod tests;
