//! What `.ci/run` does where nothing is there but a toolchain, with every program it calls replaced.

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::{Command, Output},
};

use xtask::suite;

/// A machine: a folder with the only programs there are, of which each writes down how it was called.
struct Machine {
    programs: PathBuf,
}

impl Machine {
    fn new(name: &str, user: u32) -> Self {
        let programs = env::temp_dir().join(format!("trueup-machine-{name}-{}", std::process::id()));
        fs::create_dir_all(&programs).unwrap();
        let machine = Self { programs };
        for real in ["env", "dirname"] {
            let path = env::var_os("PATH").unwrap();
            let found = env::split_paths(&path).map(|folder| folder.join(real)).find(|file| file.is_file());
            symlink(found.unwrap(), machine.programs.join(real)).unwrap();
        }
        machine.has("id", &format!("echo {user}"));
        machine
            .has("cargo", "echo cargo $* $TRUEUP_SEEDS; for name in ${!GIT_*}; do echo $name=${!name}; done");
        machine
    }

    fn has(&self, program: &str, script: &str) {
        let file = self.programs.join(program);
        fs::write(&file, format!("#!/bin/bash\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn runs(&self, variables: &[(&str, &str)]) -> Output {
        let mut run = Command::new("/bin/bash");
        run.arg(suite::root().join(".ci/run")).env_clear().env("PATH", &self.programs);
        run.envs(variables.iter().copied()).output().unwrap()
    }

    #[track_caller]
    fn says(&self, variables: &[(&str, &str)]) -> Vec<String> {
        let output = self.runs(variables);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.programs);
    }
}

#[test]
fn what_a_fresh_machine_lacks_is_installed_by_root_or_with_sudo() {
    for (user, sudo) in [(0, ""), (1000, "sudo --non-interactive ")] {
        let machine = Machine::new(&format!("lacks-{user}"), user);
        machine.has("apt-get", "echo apt-get $*");
        machine.has("sudo", "echo -n \"sudo $1 \"; shift; exec \"$@\"");
        // As Debian has it: without what an environment of its own is made with.
        machine.has("python3", "exit 1");
        let said = machine.says(&[]);
        let lacks = "-qq install -y --no-install-recommends build-essential git python3-venv";
        assert_eq!(said[0], format!("{sudo}apt-get -qq update"));
        assert_eq!(said[1], format!("{sudo}apt-get {lacks}"));
        assert_eq!(said[2], "cargo xtask test ci");
    }
}

#[test]
fn who_may_not_install_hears_what_is_lacking() {
    let machine = Machine::new("may-not", 1000);
    machine.has("apt-get", "exit 1");
    machine.has("cc", "exit 0");
    let output = machine.runs(&[]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("install git python3-venv first"), "{error}");
}

#[test]
fn git_is_told_for_this_run_that_the_checkout_may_be_somebody_elses() {
    let machine = Machine::new("owner", 1000);
    for there in ["cc", "git", "python3"] {
        machine.has(there, "exit 0");
    }
    let own = suite::root().canonicalize().unwrap().display().to_string();
    let mut said = machine.says(&[]);
    said.sort();
    let wanted = |count: u32, at: u32| {
        [
            format!("GIT_CONFIG_COUNT={count}"),
            format!("GIT_CONFIG_KEY_{at}=safe.directory"),
            format!("GIT_CONFIG_VALUE_{at}={own}"),
        ]
    };
    assert_eq!(said, [&wanted(1, 0)[..], &["cargo xtask test ci".to_owned()]].concat());
    let before = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "a.b"), ("GIT_CONFIG_VALUE_0", "c")];
    let said = machine.says(&before);
    assert!(wanted(2, 1).iter().all(|one| said.contains(one)), "what was told before stays: {said:?}");
}
