//! Streets that got into a city field.

use super::name::fold;

/// Street suffixes and their abbreviations that end no city's name but those of [`CITIES`].
///
/// From USPS Publication 28, appendix C1. Left out are the suffixes that many a city ends with (Lake,
/// Park, Springs, Beach, Junction, Ridge, Grove …) and all their abbreviations that are words.
const SUFFIXES: [&str; 64] = [
    "aly",
    "alley",
    "ave",
    "av",
    "aven",
    "avenue",
    "blvd",
    "boul",
    "boulevard",
    "byp",
    "bypass",
    "cir",
    "circ",
    "circle",
    "ct",
    "court",
    "cswy",
    "causeway",
    "dr",
    "drv",
    "drive",
    "expy",
    "expressway",
    "ext",
    "fwy",
    "freeway",
    "hwy",
    "hiway",
    "hway",
    "highway",
    "ln",
    "lane",
    "loop",
    "mtwy",
    "motorway",
    "pkwy",
    "pky",
    "parkway",
    "pl",
    "place",
    "plz",
    "plaza",
    "rd",
    "road",
    "rte",
    "route",
    "skwy",
    "skyway",
    "sq",
    "square",
    "st",
    "str",
    "strt",
    "street",
    "ter",
    "terr",
    "terrace",
    "tpke",
    "trnpk",
    "turnpike",
    "trl",
    "trail",
    "wy",
    "way",
];

/// Real cities that end with one of [`SUFFIXES`].
const CITIES: [&str; 8] = [
    "federal way",
    "kennett square",
    "la place",
    "mountlake terrace",
    "pike road",
    "university place",
    "washington court house",
    "winton place",
];

/// Directions that may follow a suffix: `Main St NW`.
const DIRECTIONS: [&str; 12] = ["n", "s", "e", "w", "ne", "nw", "se", "sw", "north", "south", "east", "west"];

/// Whether the text of a city field ends as a street does: `Grand Lake Rd`, `Main St NW`, `County Road 5`.
///
/// One word alone is a city (there are an Avenue and a Street in Maryland), a suffix at the start is a
/// name (`St. Louis`), `CT` after a comma is Connecticut, and known cities are let through.
#[must_use]
pub fn has_suffix(city: &str) -> bool {
    let city = fold(city);
    if city.ends_with(", ct") {
        return false;
    }
    let words: Vec<&str> = city.split_whitespace().map(bare_word).filter(|word| !word.is_empty()).collect();
    let kept = words.len() - usize::from(words.last().is_some_and(|last| follows(last)));
    match words.get(..kept) {
        Some([_, .., last]) => SUFFIXES.contains(last) && !CITIES.contains(&words.join(" ").as_str()),
        _ => false,
    }
}

fn bare_word(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

// A direction or the number of a road.
fn follows(word: &str) -> bool {
    DIRECTIONS.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(want: bool, cities: &[&str]) {
        for city in cities {
            assert_eq!(has_suffix(city), want, "{city}");
        }
    }

    #[test]
    fn a_street_in_the_city_field_is_seen() {
        check(
            true,
            &["Grand Lake Rd", "GRAND LAKE RD.", "Grand  Lake\u{a0}Road", "12 Elm St", "Elm Street,"],
        );
        check(true, &["Main St NW", "County Road 5", "US Highway 34", "Sunset Blvd", "Ute Trl", "Aspen Ct"]);
        check(true, &["Estes Park Ave", "St. Louis Way", "Granby Pl", "Elk Cir", "Lakeside Pkwy South"]);
    }

    #[test]
    fn real_cities_pass() {
        check(
            false,
            &[
                "Grand Lake",
                "Park City",
                "St. Louis",
                "Saint Paul",
                "Fort Collins",
                "Winter Park",
                "Estes Park",
            ],
        );
        check(
            false,
            &["Steamboat Springs", "Grand Junction", "Virginia Beach", "Wheat Ridge", "Highlands Ranch"],
        );
        check(false, &["Federal Way", "PIKE ROAD", "Mountlake Terrace", "University Place", "Hartford, CT"]);
        check(
            false,
            &[
                "Avenue",
                "Street",
                "Circle",
                "Trail",
                "Lake",
                "North Platte",
                "Key West",
                "Washington Court House",
            ],
        );
        check(false, &["", " ", ".", "5", "N", "St", "\u{5d9}\u{5e8}\u{5d5}\u{5e9}\u{5dc}\u{5d9}\u{5dd}"]);
    }
}
