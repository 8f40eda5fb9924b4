//! Legal grounds and vocabulary terms as SARIF taxonomies (SARIF 2.1.0 §3.19.3).

use std::collections::{BTreeMap, BTreeSet};

use serde_sarif::sarif::{
    MultiformatMessageString, ReportingDescriptor, ReportingDescriptorReference,
    ReportingDescriptorRelationship, ToolComponent, ToolComponentReference,
};

use crate::findings::RuleCard;

/// The driver's guid, UUIDv5 (RFC 9562 §5.5) of `https://olvido.example/sarif/driver` in the namespace of
/// URLs: fixed, so that it never changes.
pub(super) const DRIVER_GUID: &str = "1323927c-d66c-510c-8fc4-bb2a93ab1e03";

/// What is known of a taxonomy.
struct Known {
    name: &'static str,
    guid: &'static str,
    organization: &'static str,
    version: &'static str,
    uri: &'static str,
    title: &'static str,
}

/// Law of the Union, vocabulary, national law, guidance. Guids are UUIDv5 of the `uri` in the namespace of URLs
/// (RFC 9562 §6.6). The version of guidance is the year it was last looked through.
static KNOWN: [Known; 14] = [
    Known {
        name: "GDPR",
        guid: "7b7b93ad-f64e-5a10-ac6d-8c57235747c5",
        organization: "European Union",
        version: "2016/679",
        uri: "http://data.europa.eu/eli/reg/2016/679/oj",
        title: "General Data Protection Regulation",
    },
    Known {
        name: "DPV",
        guid: "0d39cc72-827c-5541-b694-3fa675afe19e",
        organization: "W3C",
        version: "2.3",
        uri: "https://w3id.org/dpv",
        title: "Data Privacy Vocabulary",
    },
    Known {
        name: "ES-LOPDGDD",
        guid: "bfcc42f9-d066-5dde-a4ca-3ba2a9561b79",
        organization: "Spain",
        version: "3/2018",
        uri: "https://www.boe.es/eli/es/lo/2018/12/05/3",
        title: "Ley Orgánica de Protección de Datos Personales y garantía de los derechos digitales",
    },
    Known {
        name: "FR-LIL",
        guid: "41c1ad04-c725-508e-9ba7-2fc7c4d78327",
        organization: "France",
        version: "78-17",
        uri: "https://www.legifrance.gouv.fr/loda/id/JORFTEXT000000886460",
        title: "Loi relative à l'informatique, aux fichiers et aux libertés",
    },
    Known {
        name: "DE-BDSG",
        guid: "a2d3ab3f-e929-5178-99df-7c97b71888ad",
        organization: "Germany",
        version: "2018",
        uri: "https://www.gesetze-im-internet.de/bdsg_2018/",
        title: "Bundesdatenschutzgesetz",
    },
    Known {
        name: "UK-GDPR",
        guid: "e359e4c5-aa62-5524-8538-de199029a49e",
        organization: "United Kingdom",
        version: "2016/679",
        uri: "https://www.legislation.gov.uk/eur/2016/679",
        title: "UK General Data Protection Regulation",
    },
    Known {
        name: "UK-DUAA",
        guid: "c38821b5-acd3-5e8e-ab86-6b22660fbaaf",
        organization: "United Kingdom",
        version: "2025 c. 18",
        uri: "https://www.legislation.gov.uk/ukpga/2025/18",
        title: "Data (Use and Access) Act 2025",
    },
    Known {
        name: "DE-BetrVG",
        guid: "f74b5757-632a-51f6-8559-6cdf01631d4b",
        organization: "Germany",
        version: "1972",
        uri: "https://www.gesetze-im-internet.de/betrvg/",
        title: "Betriebsverfassungsgesetz",
    },
    Known {
        name: "AEPD",
        guid: "60b2f871-8529-51a0-9041-fce36f193099",
        organization: "Agencia Española de Protección de Datos",
        version: "2026",
        uri: "https://www.aepd.es",
        title: "Guidance of the Spanish authority",
    },
    Known {
        name: "CNIL",
        guid: "cf766cf6-7255-5284-9e52-b2f1db59f529",
        organization: "Commission nationale de l'informatique et des libertés",
        version: "2026",
        uri: "https://www.cnil.fr",
        title: "Guidance of the French authority",
    },
    Known {
        name: "DIN",
        guid: "ecb62763-5fa9-5fe2-961d-1075e74c20d6",
        organization: "Deutsches Institut für Normung",
        version: "2026",
        uri: "https://www.din.de",
        title: "Standards of DIN",
    },
    Known {
        name: "EDPB",
        guid: "ca85e545-87e8-5f3f-bf35-9782b025cda3",
        organization: "European Data Protection Board",
        version: "2026",
        uri: "https://www.edpb.europa.eu",
        title: "Guidelines of the European Data Protection Board",
    },
    Known {
        name: "ICO",
        guid: "1ee148d7-3c87-51f8-867d-293cb4b7c608",
        organization: "Information Commissioner's Office",
        version: "2026",
        uri: "https://ico.org.uk",
        title: "Guidance of the authority of the United Kingdom",
    },
    Known {
        name: "NIST",
        guid: "08e2b091-5ec6-595f-a547-15ab6e2c7a93",
        organization: "National Institute of Standards and Technology",
        version: "2026",
        uri: "https://csrc.nist.gov",
        title: "Special publications of NIST",
    },
];

/// Headings of the articles of the GDPR that rules cite.
fn heading(article: &str) -> Option<&'static str> {
    Some(match article {
        "4" => "Definitions",
        "5" => "Principles relating to processing of personal data",
        "6" => "Lawfulness of processing",
        "7" => "Conditions for consent",
        "8" => "Conditions applicable to child's consent in relation to information society services",
        "9" => "Processing of special categories of personal data",
        "10" => "Processing of personal data relating to criminal convictions and offences",
        "12" => {
            "Transparent information, communication and modalities for the exercise of the rights of the data subject"
        }
        "13" => "Information to be provided where personal data are collected from the data subject",
        "14" => "Information to be provided where personal data have not been obtained from the data subject",
        "15" => "Right of access by the data subject",
        "16" => "Right to rectification",
        "17" => "Right to erasure (‘right to be forgotten’)",
        "18" => "Right to restriction of processing",
        "20" => "Right to data portability",
        "21" => "Right to object",
        "24" => "Responsibility of the controller",
        "25" => "Data protection by design and by default",
        "28" => "Processor",
        "29" => "Processing under the authority of the controller or processor",
        "30" => "Records of processing activities",
        "32" => "Security of processing",
        "33" => "Notification of a personal data breach to the supervisory authority",
        "34" => "Communication of a personal data breach to the data subject",
        "35" => "Data protection impact assessment",
        "39" => "Tasks of the data protection officer",
        "44" => "General principle for transfers",
        "11" => "Processing which does not require identification",
        "19" => {
            "Notification obligation regarding rectification or erasure of personal data or restriction of processing"
        }
        "26" => "Joint controllers",
        "31" => "Cooperation with the supervisory authority",
        "37" => "Designation of the data protection officer",
        "38" => "Position of the data protection officer",
        "45" => "Transfers on the basis of an adequacy decision",
        "46" => "Transfers subject to appropriate safeguards",
        "49" => "Derogations for specific situations",
        "87" => "Processing of the national identification number",
        "88" => "Processing in the context of employment",
        "89" => {
            "Safeguards and derogations relating to processing for archiving purposes in the public interest, scientific or historical research purposes or statistical purposes"
        }
        _ => return None,
    })
}

/// The taxonomies the active rules refer to, and where each of their terms stands.
#[derive(Default)]
pub(super) struct Taxonomies {
    /// Taxonomy name to its taxa, in the order they are written.
    taxa: Vec<(String, Vec<String>)>,
}

/// A reference split into taxonomy and taxon: `GDPR:5(1)(e)`; a DPV term keeps its prefix.
fn split(reference: &str) -> Option<(&str, &str)> {
    let (taxonomy, taxon) = reference.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| !c.is_control());
    (plain(taxonomy) && plain(taxon)).then_some((taxonomy, taxon))
}

/// Articles in the order of the law: numbers by value, letters after them.
fn order(taxon: &str) -> Vec<(u64, String)> {
    taxon
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_or((u64::MAX, part.to_owned()), |number| (number, String::new())))
        .collect()
}

impl Taxonomies {
    /// Of these rules.
    pub(super) fn of(rules: &[RuleCard]) -> Self {
        let mut found: BTreeMap<(usize, String), BTreeSet<String>> = BTreeMap::new();
        let mut note = |taxonomy: &str, taxon: &str| {
            let rank = KNOWN.iter().position(|known| known.name == taxonomy).unwrap_or(KNOWN.len());
            found.entry((rank, taxonomy.to_owned())).or_default().insert(taxon.to_owned());
        };
        for rule in rules {
            for (taxonomy, taxon) in rule.refs.iter().filter_map(|reference| split(reference)) {
                note(taxonomy, taxon);
            }
            for term in rule.dpv.iter().filter(|term| split(term).is_some()) {
                note("DPV", term);
            }
        }
        let taxa = found
            .into_iter()
            .map(|((_, name), taxa)| {
                let mut taxa: Vec<String> = taxa.into_iter().collect();
                taxa.sort_by_cached_key(|taxon| (order(taxon), taxon.clone()));
                (name, taxa)
            })
            .collect();
        Self { taxa }
    }

    /// The taxonomies themselves.
    pub(super) fn components(&self) -> Vec<ToolComponent> {
        self.taxa.iter().map(|(name, taxa)| component(name, taxa)).collect()
    }

    /// How the driver names them.
    pub(super) fn supported(&self) -> Vec<ToolComponentReference> {
        (0..self.taxa.len()).filter_map(|at| self.component_reference(at)).collect()
    }

    fn component_reference(&self, at: usize) -> Option<ToolComponentReference> {
        let (name, _) = self.taxa.get(at)?;
        let mut reference = ToolComponentReference {
            name: Some(name.clone()),
            index: i64::try_from(at).ok(),
            ..Default::default()
        };
        reference.guid = known(name).map(|known| known.guid.to_owned());
        Some(reference)
    }

    /// What a rule's grounds and terms are in the taxonomies: the law is wider than the rule, a term
    /// is what the rule is about.
    pub(super) fn relationships(&self, rule: &RuleCard) -> Vec<ReportingDescriptorRelationship> {
        let grounds =
            rule.refs.iter().filter_map(|reference| split(reference)).map(|(t, x)| (t, x, "superset"));
        let terms = rule
            .dpv
            .iter()
            .filter(|term| split(term).is_some())
            .map(|term| ("DPV", term.as_str(), "relevant"));
        let mut seen = BTreeSet::new();
        grounds
            .chain(terms)
            .filter(|(taxonomy, taxon, _)| seen.insert((taxonomy.to_string(), taxon.to_string())))
            .filter_map(|(taxonomy, taxon, kind)| {
                let target = self.reference(taxonomy, taxon)?;
                Some(
                    ReportingDescriptorRelationship::builder()
                        .target(target)
                        .kinds(vec![kind.to_owned()])
                        .build(),
                )
            })
            .collect()
    }

    fn reference(&self, taxonomy: &str, taxon: &str) -> Option<ReportingDescriptorReference> {
        let at = self.taxa.iter().position(|(name, _)| name == taxonomy)?;
        let (_, taxa) = self.taxa.get(at)?;
        let index = taxa.iter().position(|known| known == taxon)?;
        Some(ReportingDescriptorReference {
            id: Some(taxon.to_owned()),
            index: i64::try_from(index).ok(),
            tool_component: self.component_reference(at),
            ..Default::default()
        })
    }
}

fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

fn component(name: &str, taxa: &[String]) -> ToolComponent {
    let mut component = ToolComponent::builder().name(name).build();
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    match known(name) {
        Some(known) => {
            component.guid = Some(known.guid.to_owned());
            component.organization = Some(known.organization.to_owned());
            component.version = Some(known.version.to_owned());
            component.information_uri = Some(known.uri.to_owned());
            component.short_description = Some(text(known.title));
        }
        None => component.short_description = Some(text(name)),
    }
    component.taxa = Some(taxa.iter().map(|id| taxon(name, id)).collect());
    component.contents = Some(vec!["localizedData".into(), "nonLocalizedData".into()]);
    component.is_comprehensive = Some(false);
    component
}

fn taxon(taxonomy: &str, id: &str) -> ReportingDescriptor {
    let mut taxon = ReportingDescriptor::builder().id(id).build();
    let text = |text: String| MultiformatMessageString::builder().text(text).build();
    match taxonomy {
        "GDPR" => {
            let article = id.split('(').next().unwrap_or(id);
            taxon.help_uri = gdpr_uri(id);
            let short = match heading(article) {
                Some(heading) => format!("Article {id} GDPR: {heading}"),
                None => format!("Article {id} GDPR"),
            };
            taxon.short_description = Some(text(short));
        }
        "DPV" => {
            taxon.help_uri = dpv_uri(id);
            taxon.name = id.split_once(':').map(|(_, term)| term.to_owned());
            taxon.short_description = Some(text(format!("{id} of the Data Privacy Vocabulary")));
        }
        _ => taxon.short_description = Some(text(format!("{taxonomy} {id}"))),
    }
    taxon
}

/// Where a legal ground can be read; known for the GDPR.
pub(super) fn ground_uri(reference: &str) -> Option<String> {
    match split(reference)? {
        ("GDPR", provision) => gdpr_uri(provision),
        _ => None,
    }
}

/// The European Legislation Identifier of a provision: `5(1)(e)` is `art_5/par_1/pnt_e`.
fn gdpr_uri(id: &str) -> Option<String> {
    let mut parts = id.split('(');
    let article = parts.next()?;
    if article.is_empty() || !article.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut uri = format!("https://eur-lex.europa.eu/eli/reg/2016/679/art_{article}");
    for part in parts {
        let part = part.strip_suffix(')')?;
        let level = match part.bytes().all(|b| b.is_ascii_digit()) {
            true if !part.is_empty() => "par",
            _ if !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()) => "pnt",
            _ => return None,
        };
        uri.push_str(&format!("/{level}_{part}"));
    }
    uri.push_str("/oj");
    Some(uri)
}

fn dpv_uri(term: &str) -> Option<String> {
    let (prefix, name) = term.split_once(':')?;
    let base = match prefix {
        "dpv" => "https://w3id.org/dpv#",
        "pd" => "https://w3id.org/dpv/pd#",
        "eu-gdpr" => "https://w3id.org/dpv/legal/eu/gdpr#",
        _ => return None,
    };
    Some(format!("{base}{}", super::uris::segment(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provisions_have_their_identifier() {
        let uri = |id| gdpr_uri(id);
        assert_eq!(uri("17").unwrap(), "https://eur-lex.europa.eu/eli/reg/2016/679/art_17/oj");
        assert_eq!(
            uri("5(1)(e)").unwrap(),
            "https://eur-lex.europa.eu/eli/reg/2016/679/art_5/par_1/pnt_e/oj"
        );
        assert_eq!(uri("x"), None);
        assert_eq!(uri("5(1"), None);
        assert_eq!(uri("5(?)"), None);
    }

    #[test]
    fn articles_stand_in_the_order_of_the_law() {
        let rule = RuleCard {
            refs: ["GDPR:32(1)(b)", "GDPR:5(1)(f)", "GDPR:5(1)(c)", "GDPR:9", "broken"]
                .map(String::from)
                .into(),
            dpv: vec!["pd:Name".into()],
            ..RuleCard::default()
        };
        let taxonomies = Taxonomies::of(std::slice::from_ref(&rule));
        assert_eq!(taxonomies.taxa[0].1, ["5(1)(c)", "5(1)(f)", "9", "32(1)(b)"]);
        assert_eq!(taxonomies.taxa[1], ("DPV".to_owned(), vec!["pd:Name".to_owned()]));
        assert_eq!(taxonomies.relationships(&rule).len(), 5);
    }

    #[test]
    fn guids_are_of_version_five() {
        for guid in KNOWN.iter().map(|known| known.guid).chain([DRIVER_GUID]) {
            let parts: Vec<&str> = guid.split('-').collect();
            assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{guid}");
            assert!(parts[2].starts_with('5') && parts[3].starts_with(['8', '9', 'a', 'b']), "{guid}");
        }
    }
}
