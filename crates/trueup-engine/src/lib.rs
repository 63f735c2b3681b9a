//! Decides when: cycle, recovery, schedule, heartbeat, alerts.
