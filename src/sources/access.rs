//! Who may read a file, as far as the file system says: permission bits and access-control lists.
//!
//! Lists are POSIX.1e draft 17 as Linux stores them in the extended attribute `system.posix_acl_access`. They are
//! read nowhere else: on other systems, and where a file has a list of another kind (NFSv4, RichACL), what
//! lists grant is unknown, and never none.

use std::path::Path;

/// Bytes of a list that are read: 4 and 8 for each entry; the kernel keeps no larger attribute.
#[cfg(target_os = "linux")]
const LARGEST: usize = 64 << 10;

/// How many users and groups, beside the owner and the owning group, a list lets read or change the file; none
/// where nobody can say.
#[cfg(target_os = "linux")]
pub(super) fn grants(path: &Path) -> Option<u32> {
    use rustix::io::Errno;
    let mut list = [0u8; 512];
    match rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut list) {
        Ok(len) => granted(list.get(..len)?),
        // A file system has lists of one kind: one that knows these has no others.
        Err(Errno::NODATA) => Some(0),
        Err(Errno::OPNOTSUPP) => no_other_list(path).then_some(0),
        Err(Errno::RANGE) => {
            let mut list = vec![0u8; LARGEST];
            let len = rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut list).ok()?;
            granted(list.get(..len)?)
        }
        Err(_) => None,
    }
}

/// Whether a file has no list of another kind: what such a list grants, the bits of the mode do not tell.
#[cfg(target_os = "linux")]
fn no_other_list(path: &Path) -> bool {
    use rustix::io::Errno;
    ["system.nfs4_acl", "system.richacl"].into_iter().all(|other| {
        let asked = rustix::fs::lgetxattr(path, other, &mut [0u8; 0]);
        matches!(asked, Err(Errno::NODATA | Errno::OPNOTSUPP))
    })
}

/// What lists grant is not read on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn grants(_: &Path) -> Option<u32> {
    None
}

/// The named users and groups of a list whose rights the mask leaves them; none where it is no such list.
#[cfg(any(target_os = "linux", test))]
fn granted(list: &[u8]) -> Option<u32> {
    const VERSION: u32 = 2;
    const USER: u16 = 0x02;
    const GROUP: u16 = 0x08;
    const MASK: u16 = 0x10;
    const READ_OR_WRITE: u16 = 0o6;
    let (version, entries) = list.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*version) != VERSION || entries.len() % 8 != 0 {
        return None;
    }
    let entries = entries.chunks_exact(8).filter_map(|entry| match entry {
        [tag, tag_high, rights, rights_high, ..] => {
            Some((u16::from_le_bytes([*tag, *tag_high]), u16::from_le_bytes([*rights, *rights_high])))
        }
        _ => None,
    });
    let mask = entries.clone().find(|(tag, _)| *tag == MASK).map_or(READ_OR_WRITE, |(_, rights)| rights);
    let named =
        entries.filter(|(tag, rights)| matches!(*tag, USER | GROUP) && rights & mask & READ_OR_WRITE != 0);
    u32::try_from(named.count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u16, u16)]) -> Vec<u8> {
        let mut out = 2u32.to_le_bytes().to_vec();
        for (tag, rights) in entries {
            out.extend(tag.to_le_bytes().into_iter().chain(rights.to_le_bytes()).chain([0xff; 4]));
        }
        out
    }

    #[test]
    fn named_users_and_groups_count_as_far_as_the_mask_lets_them() {
        let plain = [(0x01, 6), (0x04, 4), (0x20, 0)];
        assert_eq!(granted(&list(&plain)), Some(0));
        assert_eq!(granted(&list(&[(1, 6), (2, 4), (2, 6), (4, 4), (8, 4), (0x10, 4), (0x20, 0)])), Some(3));
        assert_eq!(granted(&list(&[(1, 6), (2, 4), (8, 6), (0x10, 0), (0x20, 0)])), Some(0), "masked");
        assert_eq!(granted(&list(&[(1, 6), (2, 1), (0x10, 7)])), Some(0), "to execute is not to read");
        assert_eq!(granted(&list(&[(1, 6), (2, 2), (0x10, 7)])), Some(1), "to change is worse");
    }

    #[test]
    fn what_is_no_such_list_is_unknown() {
        assert_eq!(granted(&[]), None);
        assert_eq!(granted(&[1, 0, 0, 0]), None);
        assert_eq!(granted(&list(&[(2, 4)])[..9]), None);
    }
}
