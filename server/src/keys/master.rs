//! Where the master key comes from: a file of the node's own, the environment, or a command, such as a vault's.
//!
//! One key is 32 bytes in base64 or hexadecimal. There may be several, parted by white space, while keys are being
//! rotated: the first is the current one, the others still unwrap.

use std::{
    fmt, fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use viva_media::seal::MasterKey;
use zeroize::Zeroizing;

use crate::config::Config;

const VARIABLE: &str = "VIVA_MASTER_KEY";
/// More than any list of keys that is being rotated.
const LONGEST: usize = 64 * 1024;
const OWNER_ONLY: u32 = 0o600;
const COMMAND_TIME: Duration = Duration::from_secs(10);

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// `VIVA_MASTER_KEY`.
    Environment,
    /// The output of `seal.master_key_command`.
    Command(Vec<String>),
    /// `seal.master_key_file`; made at the first start.
    File(PathBuf),
}

impl Source {
    pub fn of(config: &Config) -> Self {
        if std::env::var_os(VARIABLE).is_some() {
            Self::Environment
        } else if !config.seal.master_key_command.is_empty() {
            Self::Command(config.seal.master_key_command.clone())
        } else {
            Self::File(config.master_key_file())
        }
    }

    /// The current key, and behind it older ones.
    ///
    /// # Errors
    /// When there is none, or what is there is no key.
    pub fn read(&self) -> Result<Vec<MasterKey>> {
        let text = match self {
            Self::Environment => Zeroizing::new(std::env::var(VARIABLE).unwrap_or_default()),
            Self::Command(command) => output(command)?,
            Self::File(path) => content(path)?,
        };
        let keys: Vec<MasterKey> =
            text.split_whitespace().map(parse).collect::<Option<_>>().with_context(|| {
                format!("{self} does not hold master keys: each is 32 bytes in base64 or hexadecimal")
            })?;
        if keys.is_empty() {
            bail!("there is no master key in {self}: without it nothing can be sealed or read");
        }
        Ok(keys)
    }

    /// Makes the file with a new key, readable by its owner alone, where there is none. The other sources are not ours.
    pub fn create_file(&self) -> Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        if path.exists() {
            return Ok(());
        }
        match create(path, &MasterKey::random()?) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error).with_context(|| format!("{self} cannot be made")),
            Ok(()) => {
                eprintln!(
                    "viva: the master key is in {}; without it no recording can be read: keep a copy in a safe place",
                    path.display()
                );
                Ok(())
            }
        }
    }

    /// Held for a whole rotation: two at once would each give up the other's key.
    pub fn lock(&self) -> Result<Option<fs::File>> {
        let Self::File(path) = self else { return Ok(None) };
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(OWNER_ONLY);
        let lock =
            options.open(path.with_extension("lock")).with_context(|| format!("{self} cannot be locked"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(fs::TryLockError::WouldBlock) => {
                bail!("another rotation of {self} is under way: wait for its end")
            }
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{self} cannot be locked"))
            }
        }
    }

    /// Puts a new key before the others. Where the operator keeps the keys, the operator has done so.
    pub fn add_new(&self) -> Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        let keys = [vec![MasterKey::random()?], self.read()?].concat();
        replace(path, &keys).with_context(|| format!("{self} cannot be written"))
    }

    /// Gives up all keys but one, in a file of our own.
    pub fn keep_only(&self, key: &MasterKey) -> Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        replace(path, std::slice::from_ref(key)).with_context(|| format!("{self} cannot be written"))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => write!(f, "the variable {VARIABLE}"),
            // Its arguments may hold a token.
            Self::Command(command) => {
                write!(f, "the output of seal.master_key_command ({})", command.first().map_or("", |c| c))
            }
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

fn parse(text: &str) -> Option<MasterKey> {
    let bytes = Zeroizing::new(hex::decode(text).or_else(|_| STANDARD.decode(text)).ok()?);
    Some(MasterKey::from_bytes(*bytes.first_chunk::<32>().filter(|_| bytes.len() == 32)?))
}

fn content(path: &Path) -> Result<Zeroizing<String>> {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
            "there is no master key in {shown}, but interviews are sealed here: put the file back; without it they cannot be read"
        ),
        other => other.with_context(|| format!("{shown} cannot be read"))?,
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        bail!("{shown} can be read by others: run `chmod 600 {shown}`");
    }
    if metadata.len() > LONGEST as u64 {
        bail!("{shown} is too large for a file of keys");
    }
    Ok(Zeroizing::new(fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?))
}

fn output(command: &[String]) -> Result<Zeroizing<String>> {
    let [program, arguments @ ..] = command else { bail!("seal.master_key_command is empty") };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let run = || format!("seal.master_key_command: {program} cannot be run");
    let mut child = command.spawn().with_context(run)?;
    let printed = child.stdout.take().map(|stdout| {
        thread::spawn(move || {
            let mut text = Zeroizing::new(String::new());
            stdout.take(LONGEST as u64).read_to_string(&mut text).map(|_| text)
        })
    });
    let until = Instant::now() + COMMAND_TIME;
    let status = loop {
        match child.try_wait().with_context(run)? {
            Some(status) => break status,
            None if Instant::now() < until => thread::sleep(Duration::from_millis(20)),
            None => {
                child.kill().and_then(|()| child.wait()).with_context(run)?;
                bail!("seal.master_key_command: {program} did not end within {} s", COMMAND_TIME.as_secs());
            }
        }
    };
    if !status.success() {
        bail!("seal.master_key_command: {program} ended with {status}");
    }
    let text = printed.and_then(|printed| printed.join().ok()).and_then(io::Result::ok);
    text.with_context(|| format!("seal.master_key_command: {program} printed no keys"))
}

/// The file appears with its content, or not at all, and never in the place of another.
fn create(path: &Path, key: &MasterKey) -> io::Result<()> {
    let temporary = beside(path)?;
    write_new(&temporary, std::slice::from_ref(key))?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    linked?;
    sync_folder_of(path)
}

/// A name for a new file, with nothing under it.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let temporary = path.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(temporary),
    }
}

fn write_new(path: &Path, keys: &[MasterKey]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    for key in keys {
        writeln!(file, "{}", *Zeroizing::new(STANDARD.encode(*key.to_bytes())))?;
    }
    file.sync_all()?;
    sync_folder_of(path)
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Replaces the file as a whole: after a power failure it is the old one or the new one.
fn replace(path: &Path, keys: &[MasterKey]) -> io::Result<()> {
    let temporary = beside(path)?;
    write_new(&temporary, keys)?;
    // An operator may be another user than the server, who must go on reading it.
    let old = fs::metadata(path)?;
    std::os::unix::fs::chown(&temporary, Some(old.uid()), Some(old.gid()))?;
    fs::rename(&temporary, path)?;
    sync_folder_of(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(folder: &tempfile::TempDir) -> Source {
        Source::File(folder.path().join("master.key"))
    }

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (source, path) = (source(&folder), folder.path().join("master.key"));
        assert!(source.read().is_err());
        source.create_file()?;
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        let first = source.read()?[0].id();
        source.create_file()?;
        assert_eq!(source.read()?[0].id(), first);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        assert!(format!("{:#}", source.read().unwrap_err()).contains("chmod 600"));
        Ok(())
    }

    #[test]
    fn rotation_keeps_the_old_key_until_it_is_over() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let source = source(&folder);
        source.create_file()?;
        let old = source.read()?[0].id();
        source.add_new()?;
        let keys = source.read()?;
        assert!(keys.len() == 2 && keys[0].id() != old && keys[1].id() == old);
        source.keep_only(&keys[0])?;
        assert_eq!(source.read()?.len(), 1);
        Ok(())
    }

    #[test]
    fn a_command_prints_the_keys_and_its_faults_are_told() -> Result<()> {
        let command = |script: &str| Source::Command(vec!["sh".into(), "-c".into(), script.into()]);
        let key = "00".repeat(32);
        assert_eq!(command(&format!("echo {key}")).read()?[0].id(), MasterKey::from_bytes([0; 32]).id());
        for (script, complaint) in [
            ("exit 3", "exit status: 3"),
            ("true", "there is no master key"),
            ("echo short", "32 bytes"),
            (&format!("echo {key}00"), "32 bytes"),
        ] {
            let told = format!("{:#}", command(script).read().unwrap_err());
            assert!(told.contains(complaint), "{script}: {told}");
            assert!(!told.contains(&key), "a key is never shown");
        }
        Ok(())
    }
}
