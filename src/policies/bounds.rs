//! Values of parameters: declared, of a country, or adopted, always within their bounds.

use serde_saphyr::Spanned;

use super::compiler::Compiler;
use super::params::{ParamFault, ParamType, ParamValue};
use super::settings::{Choice, PackSetting};
use super::source::{RawParam, Stricter};
use super::yaml::Yaml;
use crate::problem::Problem;

/// One parameter's declaration.
pub(super) struct Bounds<'a> {
    pub compiler: &'a Compiler<'a>,
    pub name: &'a str,
    pub param: &'a RawParam,
    pub param_type: ParamType,
}

impl Bounds<'_> {
    /// The value in force: adopted by the user, else of the declared jurisdictions, else the default;
    /// and whether it is only proposed.
    pub(crate) fn value(
        &self,
        choice: &Choice<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<(ParamValue, bool)> {
        let default = self.read(&self.param.default, problems)?;
        let mut chosen: Option<ParamValue> = None;
        for other in &self.compiler.row.overrides {
            let Some((_, written)) = other.params.0.iter().find(|(name, _)| name.value == self.name) else {
                continue;
            };
            let value = self.read(written, problems)?;
            if choice.jurisdictions.contains(&other.jurisdiction.value) {
                chosen = Some(match chosen {
                    Some(earlier) if earlier != value => self.strictest(earlier, value, problems)?,
                    _ => value,
                });
            }
        }
        let by_law = chosen.is_some();
        let set =
            |setting: &&PackSetting| setting.rule == self.compiler.row.id.value && setting.param == self.name;
        for setting in choice.packs.iter().filter(set) {
            let in_force = chosen.as_ref().unwrap_or(&default);
            let value = self.of_pack(setting, in_force, problems)?;
            chosen = Some(value);
        }
        let adopted = choice.value(&self.compiler.row.id.value, self.name, self.param_type.is_list());
        match adopted {
            Some(yaml) => {
                let value = self.checked(&yaml).map_err(|fault| {
                    let what = format!("`{}` of {}: {}", self.name, self.compiler.row.id.value, fault.what);
                    problems.push(Problem::new(fault.code, what, fault.advice));
                });
                value.ok().map(|value| (value, false))
            }
            None => Some(match chosen {
                // A pack proposes; only the organisation adopts.
                Some(value) => (value, self.param.proposed && !by_law),
                None => (default, self.param.proposed),
            }),
        }
    }

    /// A pack tightens freely; it loosens only where it says so.
    fn of_pack(
        &self,
        setting: &PackSetting,
        in_force: &ParamValue,
        problems: &mut Vec<Problem>,
    ) -> Option<ParamValue> {
        let place = format!("`{}` of {} in the pack {}", self.name, self.compiler.row.id.value, setting.pack);
        let value = match self.checked(&setting.value) {
            Ok(value) => value,
            Err(fault) => {
                let what = format!("{place}: {}", fault.what);
                problems.push(Problem::new(fault.code, what, fault.advice));
                return None;
            }
        };
        let looser = match (self.param.stricter, value.order(in_force)) {
            (Some(Stricter::Less), Some(order)) => order.is_gt(),
            (Some(Stricter::More), Some(order)) => order.is_lt(),
            _ => false,
        };
        if looser && !setting.loosens {
            problems.push(Problem::new(
                "policy-loosened",
                format!("{place} is less strict than {}", in_force.words()),
                "take a stricter value, select the packs in another order, or write `loosens: true`",
            ));
            return None;
        }
        Some(value)
    }

    fn read(&self, written: &Spanned<Yaml>, problems: &mut Vec<Problem>) -> Option<ParamValue> {
        match self.checked(&written.value) {
            Ok(value) => Some(value),
            Err(ParamFault { code, what, advice }) => {
                problems.push(self.compiler.document.problem(code, &written.referenced, what, advice));
                None
            }
        }
    }

    /// A value of the declared type within the declared bounds.
    fn checked(&self, value: &Yaml) -> Result<ParamValue, ParamFault> {
        let value = ParamValue::read(self.param_type, value)?;
        let bound = |written: &Option<Spanned<Yaml>>| match written {
            Some(written) => ParamValue::read(self.param_type, &written.value).map(Some),
            None => Ok(None),
        };
        let (min, max) = (bound(&self.param.min)?, bound(&self.param.max)?);
        let below = min.as_ref().is_some_and(|min| value.order(min).is_none_or(|order| order.is_lt()));
        let above = max.as_ref().is_some_and(|max| value.order(max).is_none_or(|order| order.is_gt()));
        if below || above {
            let text =
                |bound: &Option<ParamValue>| bound.as_ref().map_or(String::from("any"), ParamValue::words);
            return Err(ParamFault {
                code: "policy-bound",
                what: format!("`{}` is out of bounds", self.name),
                advice: format!("write a value from {} to {}", text(&min), text(&max)),
            });
        }
        Ok(value)
    }

    /// Of two jurisdictions' values the stricter one.
    fn strictest(&self, a: ParamValue, b: ParamValue, problems: &mut Vec<Problem>) -> Option<ParamValue> {
        match (self.param.stricter, a.order(&b)) {
            (Some(Stricter::Less), Some(order)) => Some(if order.is_lt() { a } else { b }),
            (Some(Stricter::More), Some(order)) => Some(if order.is_gt() { a } else { b }),
            _ => {
                problems.push(self.compiler.problem(
                    &self.param.param_type,
                    "policy-param",
                    format!(
                        "two jurisdictions give `{}` different values and nothing says which is stricter",
                        self.name
                    ),
                    "add `stricter: less` or `stricter: more` to the parameter",
                ));
                None
            }
        }
    }
}
