//! Coverage marks: situations that must occur, or the generator of seeds is too tame to prove anything
//! (RELIABILITY.md 4.3). They are told from outside, by what passed on the way to the store and by what the systems
//! hold; the engine knows nothing of them. Read next: [`Witness`].

mod commits;
mod landings;
mod links;
mod runs;
#[cfg(test)]
mod tests;
mod witness;

pub use landings::landings;
pub use witness::Witness;

/// Each mark must be hit by at least one of so many seeds.
pub const ONE_IN: u64 = 10_000;

/// Names every mark once; what a mark means is its doc comment.
macro_rules! marks {
    ($($(#[doc = $meaning:literal])+ $mark:ident = $name:literal,)+) => {
        /// A situation that must occur.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mark {
            $($(#[doc = $meaning])+ $mark,)+
        }

        impl Mark {
            /// Every mark.
            pub const ALL: &[Self] = &[$(Self::$mark,)+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$mark => $name,)+
                }
            }

            /// What must have happened, in a line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$mark => concat!($($meaning,)+).trim_ascii(),)+
                }
            }
        }
    };
}

marks! {
    /// A record was made and seen.
    Created = "created",
    /// A create was answered by the twin that an earlier one had made.
    Adopted = "create_answered_by_twin",
    /// A field was written and seen.
    Updated = "updated",
    /// A record was archived and seen to be.
    Archived = "archived",
    /// Somebody changed a field between plan and write, and nothing was sent.
    Superseded = "superseded",
    /// A record left the scope between plan and write.
    ScopeLost = "scope_lost",
    /// A record left the scope while a write was under way, and the write landed.
    ScopeRaced = "scope_raced",
    /// A system refused a write.
    Refused = "write_refused",
    /// The deadline passed, and a write was seen not to have landed.
    NotApplied = "write_not_applied",
    /// A value somebody wrote between our read and our write was found in the history.
    Overwrote = "foreign_value_found_in_history",
    /// A field was taken back.
    FieldUndone = "field_undone",
    /// A create was taken back.
    CreateUndone = "create_undone",
    /// An intent was withdrawn before it was marked as sent.
    NeverSent = "intent_withdrawn_unsent",
    /// A batch was refused as a whole and sent again in halves.
    BatchHalved = "batch_halved",
    /// An intent seemed to come from the future: the clock was put back since it was sent.
    ClockPutBack = "clock_put_back_over_intent",
    /// An intent that a run left open was settled by a later one.
    SettledLater = "intent_settled_by_later_run",
    /// The record of a create that a run left open was found by a later one.
    CreateFound = "unanswered_create_found",
    /// A create without a unique id waited out the quiet period.
    QuietWaited = "quiet_period_waited_out",
    /// The first five of many changes came to nothing, and the rest was not sent.
    CanaryRefused = "canary_of_five_refused",
    /// A link followed its record to the id it got by a merge.
    AliasFollowed = "alias_followed",
    /// A linked record left the scope.
    LeftScope = "link_left_scope",
    /// A record that had left the scope came back.
    CameBack = "link_came_back_into_scope",
    /// A direct read did not find a linked record for the first time.
    Suspected = "absence_suspected",
    /// A record that was not found once was found again.
    Exonerated = "absence_refuted",
    /// A linked record was seen to be gone for good.
    Tombstoned = "tombstone",
    /// A record that was gone for good is there again.
    Resurrected = "resurrection",
    /// A record was linked by a token.
    LinkedByToken = "linked_by_token",
    /// A record was linked by an address.
    LinkedByEmail = "linked_by_email",
    /// A record that people made in a mirror was made in the source of truth.
    LinkedByOrigin = "made_after_a_mirror",
    /// A conflict was opened.
    ConflictOpened = "conflict_opened",
    /// A conflict was closed.
    ConflictClosed = "conflict_closed",
    /// A refused field was parked.
    FieldParked = "field_parked",
    /// A refused create was parked.
    CreateParked = "create_parked",
    /// A parked field was let go.
    Unparked = "unparked",
    /// A field was held after an undo.
    HoldPlaced = "hold_placed",
    /// A hold was released.
    HoldReleased = "hold_released",
    /// A cursor moved on.
    CursorMoved = "cursor_moved",
    /// A cursor was too old for its system.
    CursorExpired = "cursor_expired",
    /// An event came twice.
    EventRepeated = "event_came_twice",
    /// A record was touched that nobody is linked to.
    TouchedUnknown = "touch_of_unknown_record",
    /// A record was told again before anybody had looked.
    ToldAgain = "touch_told_again",
    /// A record was told again while it was being looked at.
    ToldMeanwhile = "touch_told_while_looking",
    /// A record was looked at in vain.
    LookedInVain = "looked_in_vain",
    /// A look at what changed could be done alone, and changed something.
    DeltaAlone = "delta_alone",
    /// What changed could not be told alone, and everything was looked at.
    DeltaFellBack = "delta_fell_back",
    /// A lease that had run out was taken from another holder.
    TakenOver = "lease_taken_over",
    /// The lease of a dead process of the same host was ended at once.
    Buried = "dead_holder_buried",
    /// A run was turned away because another one held the lease.
    LeaseHeld = "lease_held_by_another",
    /// A run lost its lease.
    LeaseLost = "lease_lost",
    /// A run lost its lease while intents of its own were open.
    LeaseLostMidBatch = "lease_lost_mid_batch",
    /// A commit came from a run whose lease was gone, and the fence kept it out.
    Fenced = "commit_fenced",
    /// The store could not be reached in the middle of a run.
    Unreachable = "store_unreachable",
    /// A commit was done, and its answer was lost.
    Unanswered = "commit_unanswered",
    /// An engine was killed between marking an intent as sent and settling it.
    KilledMidWrite = "killed_mid_write",
    /// A write took effect after its sender had stopped listening.
    LandedLate = "late_landing",
    /// A write took effect after an engine was killed.
    LandedAfterKill = "late_landing_after_kill",
    /// A write took effect after another engine had taken over.
    LandedAfterTakeover = "late_landing_after_takeover",
    /// A create took effect late.
    CreateLandedLate = "late_landing_of_create",
    /// An answer named some of a batch only.
    Partial = "partial_answer",
    /// A canonical record is gone while copies of it are there.
    Gone = "finding_gone",
    /// A copy was deleted in its mirror.
    Deleted = "finding_deleted",
    /// Several records may be an entity's.
    Ambiguous = "finding_ambiguous",
    /// The key of a canonical record was changed.
    KeyChanged = "finding_key_changed",
    /// A record of nobody was told.
    Stranger = "finding_stranger",
    /// Two records carry one token.
    SharedToken = "finding_shared_token",
    /// A person was told of a record that left the scope.
    ScopeLostTold = "finding_scope_lost",
    /// A run did more than a limit allows, and was halted.
    CapHit = "cap_hit",
    /// An archive waited for a person.
    ArchiveHalted = "archive_halted",
    /// A person let an archive pass.
    ArchiveApproved = "archive_approved",
    /// A person let a limit be passed.
    CapApproved = "cap_approved",
    /// A person let less pass than a run would do, and it stayed halted.
    CeilingTooLow = "ceiling_too_low",
    /// A run ended while writes of it might still land.
    LeftOpen = "write_left_open",
    /// An undo left something alone that was changed since.
    UndoLeftAlone = "undo_left_alone",
    /// A plan that had been shown was applied, and changed something.
    PlanApplied = "plan_applied",
    /// A plan that had been shown no longer held when it was applied.
    PlanVoid = "plan_void",
    /// A run was taken back while others ran.
    UndoApplied = "undo_applied",
    /// A run failed at an outside fault.
    RunFailed = "run_failed",
    /// A run found everything in agreement.
    NothingToDo = "nothing_to_do",
}
