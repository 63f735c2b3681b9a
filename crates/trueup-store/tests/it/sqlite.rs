use trueup_store::{
    Options, SqliteStore,
    conformance::{Rig, TestClock, check},
};

#[test]
fn the_store_in_a_database_in_memory_keeps_every_promise() {
    let rig = || {
        let clock = TestClock::default();
        Rig { store: Box::new(SqliteStore::open_in_memory(clock.host()).unwrap()), clock }
    };
    check(rig, |case| println!("{case}"));
}

#[test]
fn the_store_on_disk_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    let rig = || {
        let clock = TestClock::default();
        number.set(number.get() + 1);
        let file = folder.path().join(format!("{}.db", number.get()));
        Rig { store: Box::new(SqliteStore::open(&file, Options::new(clock.host())).unwrap()), clock }
    };
    check(rig, |case| println!("{case}"));
}
