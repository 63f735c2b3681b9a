//! A scenario as text: what is told, what is done, and what was recorded of it.

use std::fmt;

/// A scenario.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) parts: Vec<Part>,
}

/// A piece of a scenario.
#[derive(Debug)]
pub(super) enum Part {
    /// A comment or an empty line, as it stands.
    Talk(String),
    /// Something that is done.
    Step(Step),
}

/// Something that is done, with what it works with and what came of it.
#[derive(Debug)]
pub(super) struct Step {
    /// Where it stands, counted from 1.
    pub(super) line: usize,
    /// The line itself, with its mark.
    pub(super) text: String,
    /// The lines below it, without the four spaces.
    pub(super) input: Vec<String>,
    /// What came of it, with the marks.
    pub(super) output: Vec<String>,
}

impl Script {
    /// Reads a scenario; what was recorded is dropped.
    ///
    /// # Errors
    /// A line that is none of a scenario's, with its number.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            match (text.get(..2), parts.last_mut()) {
                (Some("$ " | "> "), _) => parts.push(Part::Step(Step::new(line, text))),
                (Some("  "), Some(Part::Step(step))) if text.starts_with("    ") => {
                    step.input.push(text[4..].to_owned());
                }
                _ if text.is_empty() || text.starts_with('#') => parts.push(Part::Talk(text.to_owned())),
                (_, Some(Part::Step(_))) if text.starts_with(['|', '!', '=']) => {}
                _ => return Err(format!("line {line}: neither a comment, a command nor a record: {text}")),
            }
        }
        Ok(Self { parts })
    }

    /// How often the program is run.
    pub(super) fn commands(&self) -> usize {
        self.parts
            .iter()
            .filter(|part| matches!(part, Part::Step(step) if step.text.starts_with('$')))
            .count()
    }
}

impl Step {
    fn new(line: usize, text: &str) -> Self {
        Self { line, text: text.trim_end().to_owned(), input: Vec::new(), output: Vec::new() }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Talk(text) => writeln!(f, "{text}")?,
                Part::Step(step) => {
                    writeln!(f, "{}", step.text)?;
                    step.input.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
                    step.output.iter().try_for_each(|line| writeln!(f, "{line}"))?;
                }
            }
        }
        Ok(())
    }
}

/// The words of a command; quotes hold a word together.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A table with `|` between the cells; the first line names the columns.
pub(super) fn table(lines: &[String]) -> Vec<Vec<String>> {
    let cells = |line: &String| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.iter().map(cells).collect()
}
