use trueup_store::{
    MemoryStore,
    conformance::{Rig, TestClock, check},
};

#[test]
fn the_store_in_memory_keeps_every_promise() {
    let rig = || {
        let clock = TestClock::default();
        Rig { store: Box::new(MemoryStore::new(clock.host())), clock }
    };
    check(rig, |case| println!("{case}"));
}
