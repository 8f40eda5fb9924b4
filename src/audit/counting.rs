//! Works for passes that count and judge nothing: every piece with its members, and how much was not read.

use super::attachments::Namer;
use crate::records::{Gap, GapClass, Limits};

use super::pieces::{OwnedPiece, Work, read_whole, whole};
use super::sight::{Beside, member_item, refused_member};

/// Has `read` look at all that a work holds, and counts the items of which something could not be read.
pub(super) fn everything(
    work: Work,
    limits: &Limits,
    namer: Namer<'_>,
    mut read: impl FnMut(&OwnedPiece, &Limits) -> Beside,
) -> u64 {
    let mut unread = 0;
    let mut pieces = Vec::new();
    match work {
        Work::Items(items) => {
            for item in items {
                match read_whole(&item) {
                    Ok((bytes, gap)) => {
                        pieces.push((whole(item, bytes, gap.into_iter().collect()), limits.clone()));
                    }
                    Err(_) => unread += 1,
                }
            }
        }
        Work::Piece(piece) => pieces.push((*piece, limits.clone())),
        Work::Gap(..) => unread += 1,
        Work::Folder(_) | Work::Excluded => {}
    }
    while let Some((piece, limits)) = pieces.pop() {
        let beside = read(&piece, &limits);
        let lost = |gap: &Gap| gap.class != GapClass::ByNature;
        unread += u64::from(beside.gaps.iter().chain(&piece.gaps).any(lost));
        for (before, member) in (0u64..).zip(beside.members) {
            let refused = refused_member(piece.bytes.len(), before, &member, &limits).is_some();
            match limits.inside().filter(|_| !refused) {
                Some(inside) => {
                    let (item, bytes) = member_item(&piece.item, member, namer);
                    pieces.push((whole(item, bytes.to_vec(), Vec::new()), inside));
                }
                None => unread += 1,
            }
        }
    }
    unread
}
