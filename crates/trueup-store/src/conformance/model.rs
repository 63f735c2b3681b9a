//! The comparison with the model: [`Memory::commit`](trueup_core::memory::Memory::commit) says what a
//! note means, a store must agree after every commit.

use trueup_core::{memory::Note, name::RunId};
use trueup_ports::Open;

use super::{
    Rig, TTL, creates,
    notes::{Dice, intend},
};

const SEEDS: u64 = 8;
const COMMITS: u64 = 60;

/// Random commits, each compared with the model.
pub(super) fn every_note_means_what_memory_says(rig: &Rig) {
    let mut model = rig.memory();
    for seed in 0..SEEDS {
        let fence = rig.lease(1);
        let mut dice = Dice::new(seed);
        for step in 0..COMMITS {
            let run = RunId::new(format!("r{}", step / 5));
            let mut notes: Vec<Note> = (0..dice.below(6)).map(|_| dice.note(&run)).collect();
            let number = dice.below(4);
            let free = model.intents.values().all(|open| open.entity().as_str() != format!("R{number}"));
            if free {
                notes.insert(0, intend(number));
            }
            notes.extend(creates::step(&mut dice, &model).map(|create| Note::Create(Box::new(create))));
            let serial = rig.commit(Some(&fence), notes.clone());
            model.commit(&notes);
            assert_eq!(serial, model.serial, "seed {seed}, commit {step}: {notes:?}");
            assert!(rig.memory() == model, "seed {seed}, commit {step}: {notes:?}");
            assert_eq!(rig.open(), Open::of(&model), "seed {seed}, commit {step}: {notes:?}");
        }
        rig.clock.advance(TTL);
    }
}
