//! A small text kept in one file, in two places by turns. A crash while one is written leaves the other whole, and
//! writing in place costs one flush of the disk, where a rename costs two entries of the file system's journal: a
//! grant waits for it, so it counts.
//!
//! Each place begins with a line `watchbill-state 1 GENERATION LENGTH CHECKSUM` and is filled up with blanks.

use crate::durable;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

const MAGIC: &str = "watchbill-state 1";
/// Of one place; doubled as needed.
const FIRST_BYTES: usize = 16 * 1024;
/// The longest text that is read. More than 64 keys with all their duties need.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

pub(crate) struct SlotFile {
    path: PathBuf,
    /// None until the first write.
    file: Option<File>,
    place_bytes: usize,
    /// Which place holds what is newest, 0 or 1. The other one is written next.
    newest: usize,
}

/// A text with the number of its write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub generation: u64,
    pub text: String,
    /// True where the other place cannot be read: a crash while it was written, or damage.
    pub half: bool,
}

/// What a place holds.
enum Place {
    Blank,
    Damaged,
    Whole(u64, String),
}

impl SlotFile {
    /// What the file holds; none where there is no file. `InvalidData` where it is damaged.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Option<Kept>)> {
        let mut opened = Self {
            path: path.into(),
            file: None,
            place_bytes: FIRST_BYTES,
            newest: 0,
        };
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((opened, None)),
            Err(error) => return Err(error),
        };
        let (place_bytes, newest, kept) = content(&file)?;
        opened.place_bytes = place_bytes;
        opened.newest = newest;
        opened.file = Some(file);
        Ok((opened, Some(kept)))
    }

    /// Returns when the text is on disk. After an error the one before is still there.
    pub(crate) fn write(&mut self, generation: u64, text: &str) -> io::Result<()> {
        match &self.file {
            Some(file) if room_for(text) <= self.place_bytes && is_at(file, &self.path) => {
                let place = render(generation, text, self.place_bytes);
                let target = 1 - self.newest;
                file.write_all_at(place.as_bytes(), (target * self.place_bytes) as u64)?;
                file.sync_data()?;
                self.newest = target;
                Ok(())
            }
            _ => self.create(generation, text),
        }
    }

    /// A new file with this text in its first place: the first one, a larger one, or one that somebody took away.
    fn create(&mut self, generation: u64, text: &str) -> io::Result<()> {
        self.file = None;
        while self.place_bytes < room_for(text) {
            self.place_bytes *= 2;
        }
        let content = render(generation, text, self.place_bytes) + &" ".repeat(self.place_bytes);
        durable::replace(&self.path, &content)?;
        self.file = Some(File::options().read(true).write(true).open(&self.path)?);
        self.newest = 0;
        Ok(())
    }
}

/// What the file holds. It is opened for reading only, so another process may use it.
///
/// # Errors
/// As [`SlotFile::open`], and if there is no file.
pub(crate) fn peek(path: &Path) -> io::Result<Kept> {
    // Opening a pipe would wait for its other end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(damaged("it is not a regular file"));
    }
    content(&File::open(path)?).map(|(_, _, kept)| kept)
}

/// Bytes of one place, which place is newer, and its text.
fn content(file: &File) -> io::Result<(usize, usize, Kept)> {
    let bytes = file.metadata()?.len();
    if bytes == 0 || bytes % 2 != 0 || bytes > MAX_FILE_BYTES {
        return Err(damaged("it does not have its length"));
    }
    let mut content = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
    file.read_exact_at(&mut content, 0)?;
    let place_bytes = content.len() / 2;
    let (first, second) = content.split_at(place_bytes);
    let (newest, generation, text, half) = match (read(first), read(second)) {
        (Place::Whole(a, _), Place::Whole(b, _)) if a == b => {
            return Err(damaged("both places have one number"))
        }
        (Place::Whole(a, text), Place::Whole(b, _)) if a > b => (0, a, text, false),
        (Place::Whole(a, text), Place::Blank) => (0, a, text, false),
        (Place::Whole(a, text), Place::Damaged) => (0, a, text, true),
        (Place::Damaged, Place::Whole(b, text)) => (1, b, text, true),
        (_, Place::Whole(b, text)) => (1, b, text, false),
        _ => return Err(damaged("neither place can be read")),
    };
    let kept = Kept {
        generation,
        text,
        half,
    };
    Ok((place_bytes, newest, kept))
}

/// A file that was removed or replaced would take writes that nobody ever finds again.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => open.ino() == there.ino() && open.dev() == there.dev(),
        _ => false,
    }
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// With more than the longest first line.
fn room_for(text: &str) -> usize {
    text.len() + 128
}

fn render(generation: u64, text: &str, place_bytes: usize) -> String {
    let sum = checksum(generation, place_bytes, text);
    let mut place = format!("{MAGIC} {generation} {} {sum:016x}\n{text}\n", text.len());
    place.extend(std::iter::repeat_n(
        ' ',
        place_bytes.saturating_sub(place.len() + 1),
    ));
    place.push('\n');
    place
}

fn read(place: &[u8]) -> Place {
    if place.iter().all(u8::is_ascii_whitespace) {
        return Place::Blank;
    }
    std::str::from_utf8(place)
        .ok()
        .and_then(parse)
        .unwrap_or(Place::Damaged)
}

fn parse(place: &str) -> Option<Place> {
    let (header, rest) = place.split_once('\n')?;
    let mut words = header.strip_prefix(MAGIC)?.split_ascii_whitespace();
    let generation: u64 = words.next()?.parse().ok()?;
    let text = rest.get(..words.next()?.parse::<usize>().ok()?)?;
    let sum = format!("{:016x}", checksum(generation, place.len(), text));
    (words.next()? == sum).then(|| Place::Whole(generation, text.to_owned()))
}

/// FNV-1a of 64 bits. It shows a write or a file that was cut short, and bits that fell over; nobody is kept out by it.
fn checksum(generation: u64, place_bytes: usize, text: &str) -> u64 {
    let numbers = [generation, place_bytes as u64].map(u64::to_be_bytes).concat();
    let bytes = numbers.into_iter().chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reopened(path: &Path) -> Kept {
        SlotFile::open(path).unwrap().1.unwrap()
    }

    fn written(texts: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut file, kept) = SlotFile::open(&path).unwrap();
        assert_eq!(kept, None);
        for (index, text) in texts.iter().enumerate() {
            file.write(index as u64 + 1, text).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn the_last_text_is_read_back() {
        for count in 1..5 {
            let texts: Vec<String> = (1..=count).map(|index| format!("text {index}")).collect();
            let (_folder, path) = written(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(
                reopened(&path),
                Kept {
                    generation: count,
                    text: format!("text {count}"),
                    half: false
                }
            );
        }
    }

    #[test]
    fn writing_goes_on_after_a_restart() {
        let (_folder, path) = written(&["one", "two", "three"]);
        let (mut file, _) = SlotFile::open(&path).unwrap();
        file.write(4, "four").unwrap();
        assert_eq!(reopened(&path).text, "four");
    }

    #[test]
    fn a_write_that_was_cut_short_leaves_the_one_before() {
        let (_folder, path) = written(&["one", "two", "three"]);
        let before = std::fs::read(&path).unwrap();
        let (mut file, _) = SlotFile::open(&path).unwrap();
        file.write(4, &"four ".repeat(2000)).unwrap();
        let after = std::fs::read(&path).unwrap();
        let half = before.len() / 2;
        assert_eq!(
            before[..half],
            after[..half],
            "the newest place is not the one that is written"
        );
        for cut in [half + 1, half + 30, half + 60, half + 4096, half + 9000] {
            let torn = [&after[..cut], &before[cut..]].concat();
            std::fs::write(&path, torn).unwrap();
            let kept = reopened(&path);
            assert_eq!(
                (kept.generation, kept.text.as_str()),
                (3, "three"),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_text_that_grew_moves_to_a_larger_file() {
        let long = "x".repeat(40_000);
        let (_folder, path) = written(&["one", &long, "three", &long]);
        assert_eq!(
            reopened(&path),
            Kept {
                generation: 4,
                text: long,
                half: false
            }
        );
    }

    #[test]
    fn a_file_that_was_taken_away_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut file, _) = SlotFile::open(&path).unwrap();
        file.write(1, "one").unwrap();
        std::fs::remove_file(&path).unwrap();
        file.write(2, "two").unwrap();
        assert_eq!(reopened(&path).text, "two");
        let copy = folder.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        file.write(3, "three").unwrap();
        assert_eq!(
            reopened(&path).text,
            "three",
            "a file that was put in its place too"
        );
    }

    #[test]
    fn damage_is_seen() {
        let (_folder, path) = written(&["one", "two"]);
        let good = std::fs::read(&path).unwrap();
        let half = good.len() / 2;
        let mut one_bit = good.clone();
        one_bit[half + 40] ^= 1;
        std::fs::write(&path, &one_bit).unwrap();
        assert_eq!(
            reopened(&path),
            Kept {
                generation: 1,
                text: "one".into(),
                half: true
            }
        );
        let mut both = one_bit.clone();
        both[40] ^= 1;
        let cases = [
            vec![],
            b"{}".to_vec(),
            good[..half].to_vec(),
            good[1..].to_vec(),
            both,
            vec![b'\n'; 100],
            vec![0; 100],
            [&good[..half], &good[..half]].concat(),
        ];
        for content in cases {
            std::fs::write(&path, &content).unwrap();
            let error = SlotFile::open(&path).err();
            assert!(
                error.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData),
                "{} bytes",
                content.len()
            );
        }
    }
}
