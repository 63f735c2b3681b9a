//! What must not compile: every file in `fail/` tries one thing that would go round the gate.

#[test]
fn what_would_go_round_the_gate_does_not_compile() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
