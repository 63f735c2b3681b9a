//! The rules of reading.

use std::collections::BTreeSet;

use trueup_core::{name::RemoteId, value::Cell};

use super::{Bench, Break, Broken, Checked, Held, MakeBench, Verdict, by_id, ensure, listed, rows, told};
use crate::{Ask, Outside, Reach, Sought, View};

/// Checks every rule of reading.
///
/// # Errors
/// The first rule that does not hold, with what was seen.
pub async fn check_source(make: MakeBench<'_>) -> Result<Checked, Broken> {
    super::rules!(make,
        "an inspection names the account and the columns" => inspection,
        "every record of a view is listed once" => listing,
        "every record there is is listed once" => everything,
        "records are read by id, each once" => ids,
        "an unknown id is missing, not empty" => unknown,
        "no value and no such column are not the same" => nothing,
        "the largest batch is one request" => largest,
        "a record is found by its unique value" => unique,
        "history shows what a value was before" => history,
        "an answer that cannot be understood is a fault, not an empty page" => garbled,
        "reads change nothing and every request is counted" => harmless,
    )
}

fn in_scope(bench: &dyn Bench) -> View {
    let (column, text, _) = bench.expected().scope.clone();
    View::Equals { column, text }
}

async fn inspection(bench: &dyn Bench) -> Verdict {
    let first = bench.source().inspect().await.map_err(told)?;
    let second = bench.source().inspect().await.map_err(told)?;
    ensure(first == second, || "two inspections that differ".into())?;
    ensure(!first.tenant.is_empty(), || "no account".into())?;
    ensure(first.problems.is_empty(), || format!("problems {:?}", first.problems))?;
    let text = first.columns.iter().find(|column| column.name == bench.expected().text);
    ensure(text.is_some_and(|column| column.writable), || "no writable column for text".into())?;
    if let Some(name) = &bench.expected().unique {
        let unique = first.columns.iter().find(|column| column.name == *name);
        ensure(unique.is_some_and(|column| column.unique), || {
            format!("column {name} is not said to be unique")
        })?;
    }
    Ok(Held::Yes)
}

async fn listing(bench: &dyn Bench) -> Verdict {
    let (_, own, other) = bench.expected().scope.clone();
    let seeded = bench.seed(rows(bench, bench.expected().many, &own)).await;
    bench.seed(rows(bench, 10, &other)).await;
    same_records(
        &listed(bench, &in_scope(bench)).await?.into_iter().map(|record| record.id).collect::<Vec<_>>(),
        &seeded,
    )
}

async fn everything(bench: &dyn Bench) -> Verdict {
    let (_, own, other) = bench.expected().scope.clone();
    let mut seeded = bench.seed(rows(bench, bench.expected().many, &own)).await;
    seeded.extend(bench.seed(rows(bench, 10, &other)).await);
    same_records(
        &listed(bench, &View::All).await?.into_iter().map(|record| record.id).collect::<Vec<_>>(),
        &seeded,
    )
}

fn same_records(seen: &[RemoteId], seeded: &[RemoteId]) -> Verdict {
    let distinct: BTreeSet<&RemoteId> = seen.iter().collect();
    ensure(distinct.len() == seen.len(), || format!("{} records twice", seen.len() - distinct.len()))?;
    let wanted: BTreeSet<&RemoteId> = seeded.iter().collect();
    ensure(distinct == wanted, || {
        let (lacking, extra) = (wanted.difference(&distinct).count(), distinct.difference(&wanted).count());
        format!("{lacking} of {} records not listed, {extra} listed that do not belong", wanted.len())
    })?;
    Ok(Held::Yes)
}

async fn ids(bench: &dyn Bench) -> Verdict {
    let text = bench.expected().text.clone();
    let own = bench.expected().scope.1.clone();
    let count = bench.source().card().batch.read + 1;
    let seeded = bench.seed(rows(bench, count, &own)).await;
    let asked: Vec<RemoteId> = seeded.iter().rev().chain(seeded.iter().take(1)).cloned().collect();
    let page = by_id(bench, &asked, &[&text], false).await?;
    for record in &page.records {
        let number = seeded.iter().position(|id| *id == record.id);
        let wanted = number.map(|number| Cell::text(format!("row {number}")));
        ensure(wanted.as_ref() == Some(record.cell(0)), || {
            format!("record {} with another's value", record.id)
        })?;
    }
    ensure(page.missing.is_empty(), || format!("{} missing", page.missing.len()))?;
    same_records(&page.records.into_iter().map(|record| record.id).collect::<Vec<_>>(), &seeded)
}

async fn unknown(bench: &dyn Bench) -> Verdict {
    let expected = bench.expected().clone();
    let seeded = bench.seed(rows(bench, 1, &expected.scope.1)).await;
    let asked: Vec<RemoteId> = seeded.iter().cloned().chain([expected.unknown.clone()]).collect();
    let page = by_id(bench, &asked, &[&expected.text], false).await?;
    ensure(page.missing == [expected.unknown], || format!("missing {:?}", page.missing))?;
    same_records(&page.records.into_iter().map(|record| record.id).collect::<Vec<_>>(), &seeded)
}

async fn nothing(bench: &dyn Bench) -> Verdict {
    let expected = bench.expected().clone();
    let (scope, own, _) = expected.scope.clone();
    let seeded = bench.seed(vec![vec![(scope.clone(), own)]]).await;
    let mut columns = vec![expected.text.as_str(), scope.as_str()];
    columns.extend(expected.undefined.as_deref());
    let page = by_id(bench, &seeded, &columns, false).await?;
    let record = page.records.first().ok_or("no record")?;
    ensure(record.cell(0).is_blank(), || format!("{:?} for a value that is not set", record.cell(0)))?;
    ensure(record.cell(1).value().is_some(), || format!("{:?} for a value that is set", record.cell(1)))?;
    let undefined = record.cells.get(2);
    let known = undefined.is_some_and(Cell::is_known);
    ensure(!known, || format!("{undefined:?} for a column that does not exist"))?;
    Ok(Held::Yes)
}

async fn largest(bench: &dyn Bench) -> Verdict {
    let expected = bench.expected().clone();
    let card = bench.source().card().clone();
    let seeded = bench.seed(rows(bench, card.batch.read, &expected.scope.1)).await;
    for (history, size) in [(false, card.batch.read), (true, card.batch.read_history)] {
        if history && !card.history {
            continue;
        }
        let asked = seeded.get(..size.min(seeded.len())).unwrap_or(&seeded);
        let before = bench.served().await.read;
        by_id(bench, asked, &[&expected.text], history).await?;
        let sent = bench.served().await.read - before;
        ensure(sent == 1, || format!("{sent} requests for {size} records, history {history}"))?;
    }
    Ok(Held::Yes)
}

async fn unique(bench: &dyn Bench) -> Verdict {
    let expected = bench.expected().clone();
    let Some(column) = expected.unique else { return Ok(Held::Skipped) };
    let row = |text: &str| {
        vec![(column.clone(), text.to_owned()), (expected.scope.0.clone(), expected.scope.1.clone())]
    };
    let seeded = bench.seed(vec![row("key-1"), row("key-2")]).await;
    let texts = vec!["key-2".to_owned(), "key-3".to_owned()];
    let reach = Reach::Unique { column: column.clone(), texts };
    let ask = Ask { view: View::All, reach, columns: vec![column], history: false };
    let page = bench.source().read(ask).await.map_err(told)?;
    let found: Vec<_> = page.records.iter().map(|record| (&record.id, record.cell(0).clone())).collect();
    let wanted: Vec<_> = seeded.iter().skip(1).map(|id| (id, Cell::text("key-2"))).collect();
    ensure(found == wanted, || format!("{found:?}"))?;
    Ok(Held::Yes)
}

async fn history(bench: &dyn Bench) -> Verdict {
    if !bench.source().card().history {
        return Ok(Held::Skipped);
    }
    let expected = bench.expected().clone();
    let seeded = bench.seed(rows(bench, 1, &expected.scope.1)).await;
    for id in &seeded {
        bench.edit(id, &expected.text, "second").await;
        bench.edit(id, &expected.text, "third").await;
    }
    let page = by_id(bench, &seeded, &[&expected.text], true).await?;
    let record = page.records.first().ok_or("no record")?;
    let past: Vec<Cell> = record.past(0).iter().map(|past| past.cell.clone()).collect();
    ensure(past == [Cell::text("third"), Cell::text("second"), Cell::text("row 0")], || {
        format!("{} versions", past.len())
    })?;
    let falling = record.past(0).is_sorted_by(|newer, older| newer.at >= older.at);
    ensure(falling, || "times that do not fall".into())?;
    ensure(record.past(0).iter().all(|past| !past.by.is_empty()), || "a version without an author".into())?;
    Ok(Held::Yes)
}

async fn garbled(bench: &dyn Bench) -> Verdict {
    let expected = bench.expected().clone();
    let seeded = bench.seed(rows(bench, 3, &expected.scope.1)).await;
    let reaches = [Reach::All(None), Reach::Ids(seeded)];
    for reach in reaches {
        bench.break_next(Break::Garbled).await;
        let ask = Ask { view: in_scope(bench), reach, columns: vec![expected.text.clone()], history: false };
        if let Ok(page) = bench.source().read(ask).await {
            return Err(format!("a page of {} records", page.records.len()));
        }
    }
    Ok(Held::Yes)
}

async fn harmless(bench: &dyn Bench) -> Verdict {
    let expected = bench.expected().clone();
    let seeded = bench.seed(rows(bench, 5, &expected.scope.1)).await;
    let before = bench.state().await;
    bench.source().inspect().await.map_err(told)?;
    listed(bench, &View::All).await?;
    listed(bench, &in_scope(bench)).await?;
    let outside = Outside { column: expected.scope.0.clone(), text: expected.scope.1.clone() };
    let sought = Sought { prefix: "row ".into(), key: None };
    let view = View::Carrying { outside: Some(outside), token: expected.text.clone(), sought };
    listed(bench, &view).await?;
    let asked: Vec<RemoteId> = seeded.into_iter().chain([expected.unknown]).collect();
    by_id(bench, &asked, &[&expected.text], bench.source().card().history).await?;
    ensure(bench.state().await == before, || "another state than before".into())?;
    let (served, counted) = (bench.served().await, bench.source().requests());
    ensure(served.write == 0, || format!("{} requests that may change something", served.write))?;
    ensure(served == counted, || format!("{served:?} received, {counted:?} counted"))?;
    Ok(Held::Yes)
}
