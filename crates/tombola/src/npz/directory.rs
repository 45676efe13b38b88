//! The directory of a zip archive: where each member lies. Members that share a name or bytes are refused before anything of
//! them is read, so all of them together are no longer than the file.

use super::{NpzError, damaged, half, part, word};

/// Bytes of the longest name that is read: names of files are no longer either.
pub(super) const MOST_NAME: usize = 255;

pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const CENTRAL: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;
/// Bytes of the end record without its comment, of a directory entry and of a local header without names.
pub(super) const END_BYTES: usize = 22;
pub(super) const CENTRAL_BYTES: usize = 46;
pub(super) const LOCAL_BYTES: usize = 30;

/// The members of an archive.
pub(super) fn directory(bytes: &[u8]) -> Result<Vec<Member<'_>>, NpzError> {
    // The end record stands last, before a comment of at most 65,535 bytes.
    let latest = bytes.len().checked_sub(END_BYTES).ok_or(NpzError::NoArchive)?;
    let earliest = latest.saturating_sub(65_535);
    let is_end = |&at: &usize| word(bytes, at) == Some(END) && half(bytes, at + 20) == Some(latest - at);
    let end = (earliest..=latest).rev().find(is_end).ok_or(NpzError::NoArchive)?;
    let count = half(bytes, end + 10).ok_or(NpzError::NoArchive)?;
    let mut at = word(bytes, end + 16).ok_or(NpzError::NoArchive)? as usize;
    let members = (0..count).map(|entry| {
        let member = directory_entry(bytes, at).ok_or(NpzError::Directory { entry })?;
        at = member.next;
        match member.name.len() {
            0..=MOST_NAME => Ok(member),
            length => Err(NpzError::LongName { entry, length }),
        }
    });
    let members = members.collect::<Result<Vec<Member<'_>>, NpzError>>()?;
    no_name_twice(&members)?;
    none_shared(bytes, &members)?;
    Ok(members)
}

/// A reader that went by names would have to choose.
fn no_name_twice(members: &[Member<'_>]) -> Result<(), NpzError> {
    let mut names: Vec<&str> = members.iter().map(|member| member.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(NpzError::Twice { name: pair[0].to_owned() }),
        None => Ok(()),
    }
}

/// A directory is short, and could say the same bytes to be thousands of arrays.
fn none_shared(bytes: &[u8], members: &[Member<'_>]) -> Result<(), NpzError> {
    let mut places: Vec<(usize, usize, usize)> = (0..)
        .zip(members)
        .map(|(index, member)| {
            // a member whose header is cut off is refused when it is read
            let data = data(bytes, member).unwrap_or(member.local + LOCAL_BYTES);
            (member.local, data + member.packed, index)
        })
        .collect();
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        Some(pair) => {
            let names = [pair[0].2, pair[1].2].map(|index: usize| members[index].name.to_owned());
            Err(NpzError::Shared { names })
        }
        None => Ok(()),
    }
}

/// Where a member is and how it is packed.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) method: usize,
    pub(super) checksum: u32,
    packed: usize,
    pub(super) unpacked: usize,
    local: usize,
    next: usize,
}

fn directory_entry(bytes: &[u8], at: usize) -> Option<Member<'_>> {
    if word(bytes, at)? != CENTRAL {
        return None;
    }
    let (name, extra, comment) = (half(bytes, at + 28)?, half(bytes, at + 30)?, half(bytes, at + 32)?);
    let file = std::str::from_utf8(part(bytes, at + CENTRAL_BYTES, name)?).ok()?;
    Some(Member {
        name: file.strip_suffix(".npy").unwrap_or(file),
        method: half(bytes, at + 10)?,
        checksum: word(bytes, at + 16)?,
        packed: word(bytes, at + 20)? as usize,
        unpacked: word(bytes, at + 24)? as usize,
        local: word(bytes, at + 42)? as usize,
        next: at + CENTRAL_BYTES + name + extra + comment,
    })
}

/// Where the data of a member begin: name and extra field may be longer there than in the directory.
fn data(bytes: &[u8], member: &Member<'_>) -> Option<usize> {
    let lengths = [half(bytes, member.local + 26)?, half(bytes, member.local + 28)?];
    Some(member.local + LOCAL_BYTES + lengths[0] + lengths[1])
}

/// The packed bytes of a member.
pub(super) fn packed<'a>(bytes: &'a [u8], member: &Member<'_>) -> Result<&'a [u8], NpzError> {
    let damaged = |problem| damaged(member.name, problem);
    if word(bytes, member.local) != Some(LOCAL) {
        return Err(damaged("it is not where the directory says"));
    }
    let data = data(bytes, member).ok_or_else(|| damaged("its header is cut off"))?;
    part(bytes, data, member.packed).ok_or_else(|| damaged("its data is cut off"))
}
