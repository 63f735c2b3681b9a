//! Error bodies (facts section 7).

use serde_json::{Map, Value, json};

/// An error as the service words it; a whole answer, or one row of a 207.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) category: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) context: Map<String, Value>,
    pub(crate) problems: Vec<Problem>,
}

/// One value that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) property: String,
    pub(crate) message: String,
}

/// A record, or several, that are not there.
const SOME_NOT_FOUND: &str = "objects, they may be deleted or not exist. Check that ids are valid.";

impl ApiError {
    pub(crate) fn new(status: u16, category: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, category: Some(category), message, context: Map::new(), problems: Vec::new() }
    }

    /// 400 with the category `VALIDATION_ERROR`.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "VALIDATION_ERROR", message)
    }

    /// 400 without a category: some answers lack it (trap 32).
    pub(crate) fn bare(status: u16, message: impl Into<String>) -> Self {
        Self { category: None, ..Self::new(status, "", message) }
    }

    /// 404 for one record or definition.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "OBJECT_NOT_FOUND", "resource not found")
    }

    /// The error of a 207 that names all missing ids at once.
    pub(crate) fn some_not_found(upper: &str, ids: Vec<String>) -> Self {
        Self::new(404, "OBJECT_NOT_FOUND", format!("Could not get some {upper} {SOME_NOT_FOUND}"))
            .with("ids", ids)
    }

    /// 409 that names the record holding the value.
    pub(crate) fn conflict(title: &str, existing: u64) -> Self {
        Self::new(409, "CONFLICT", format!("{title} already exists. Existing ID: {existing}"))
            .with("existingId", vec![existing.to_string()])
    }

    /// 409 for a whole batch: it does not say which row, nor which record holds the value (trap 3).
    pub(crate) fn anonymous_conflict(title: &str) -> Self {
        Self::new(409, "CONFLICT", format!("{title} already exists"))
    }

    /// 400 for values that are not valid: the message embeds all problems as JSON text, `errors` lists fewer.
    pub(crate) fn properties(problems: Vec<Problem>, portal_id: u64) -> Self {
        let embedded: Vec<Value> = problems.iter().map(|problem| problem.embedded(portal_id)).collect();
        let message = format!("Property values were not valid: {}", Value::Array(embedded));
        Self { problems, ..Self::invalid(message) }
    }

    pub(crate) fn with(mut self, key: &str, values: Vec<String>) -> Self {
        self.context.insert(key.to_owned(), values.into());
        self
    }

    /// The body of a whole answer. Only a row of a 207 has the context of a conflict.
    pub(crate) fn body(&self, correlation_id: &str) -> Value {
        let mut body = json!({"status": "error", "message": self.message, "correlationId": correlation_id});
        self.fill(&mut body);
        if self.category == Some("CONFLICT") {
            remove(&mut body, "context");
        }
        body
    }

    /// One entry of `errors` in a 207; with the row's trace id when it has one.
    pub(crate) fn row(&self, trace: Option<&str>) -> Value {
        let mut error = self.clone();
        if let Some(trace) = trace {
            error = error.with("objectWriteTraceId", vec![trace.to_owned()]);
        }
        let mut row = json!({"status": "error", "message": error.message});
        error.fill(&mut row);
        row
    }

    fn fill(&self, body: &mut Value) {
        let Value::Object(body) = body else { return };
        if let Some(category) = self.category {
            body.insert("category".into(), category.into());
        }
        if !self.context.is_empty() {
            body.insert("context".into(), Value::Object(self.context.clone()));
        }
        if !self.problems.is_empty() {
            body.insert("errors".into(), Value::Array(self.some_problems()));
        }
    }

    /// `errors[]` is shorter than the list in the message and does not say which input it is about (trap 6):
    /// what repeats is told once, and the last of several is left out.
    fn some_problems(&self) -> Vec<Value> {
        let mut listed: Vec<&Problem> = Vec::new();
        for problem in &self.problems {
            if !listed.contains(&problem) {
                listed.push(problem);
            }
        }
        if listed.len() > 1 {
            listed.pop();
        }
        listed.into_iter().map(Problem::listed).collect()
    }
}

impl Problem {
    pub(crate) fn new(code: &'static str, property: &str, message: String) -> Self {
        Self { code, property: property.to_owned(), message }
    }

    fn embedded(&self, portal_id: u64) -> Value {
        json!({"isValid": false, "message": self.message, "error": self.code, "name": self.property,
               "localizedErrorMessage": self.message, "portalId": portal_id})
    }

    fn listed(&self) -> Value {
        json!({"message": self.message, "code": self.code, "context": {"propertyName": [self.property]}})
    }
}

fn remove(body: &mut Value, key: &str) {
    if let Value::Object(body) = body {
        body.remove(key);
    }
}
