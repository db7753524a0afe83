//! What of a Resolver endpoint concerns one municipality.
//!
//! One endpoint may serve a thousand municipalities. Of it a municipality sees the addresses, the rules
//! that hold in its own VPC, and its own associations.

use jichitai_api::Municipality;
use jichitai_api::resolver_endpoint::{
    Association, AssociationStatus, ForwardRule, ForwardRuleStatus, ForwardRuleType, ResolverEndpoint,
    ResolverEndpointStatus,
};

use crate::tenant::{name, namespace, vpc};

/// An endpoint as one municipality has to do with it.
#[derive(Clone, Debug)]
pub(crate) struct Reach<'a> {
    pub endpoint: &'a ResolverEndpoint,
    /// Whether it stands in this municipality's VPC.
    pub is_home: bool,
    /// Entries of `spec.associations` that are this municipality's.
    pub mine: Vec<usize>,
    /// How many associations are others'.
    pub others: usize,
}

impl<'a> Reach<'a> {
    /// The endpoint as one municipality meets it, without a book: for a drawing alone.
    pub fn of(endpoint: &'a ResolverEndpoint, municipality: &Municipality) -> Self {
        let is_mine = |association: &Association| {
            let Association {
                municipality_ref,
                vpc_id,
                rules: _,
            } = association;
            let named = municipality_ref.as_ref().is_some_and(|one| {
                one.namespace == namespace(&municipality.metadata) && one.name == name(&municipality.metadata)
            });
            named || (vpc_id.is_some() && vpc_id.as_deref() == vpc(municipality))
        };
        let all = &endpoint.spec.associations;
        let mine: Vec<usize> = (0..all.len()).filter(|&entry| is_mine(&all[entry])).collect();
        let home = endpoint.spec.placement.municipality_ref.as_ref();
        let is_home = home.is_some_and(|home| home.name == name(&municipality.metadata))
            && namespace(&endpoint.metadata) == namespace(&municipality.metadata);
        let others = all.len() - mine.len();
        Self {
            endpoint,
            is_home,
            mine,
            others,
        }
    }

    pub fn status(&self) -> Option<&'a ResolverEndpointStatus> {
        self.endpoint.status.as_ref()
    }

    /// Whether texts about it may name others.
    pub fn is_shared(&self) -> bool {
        !self.is_home || self.others > 0
    }

    fn holds(&self, rule: &str) -> bool {
        let all = &self.endpoint.spec.associations;
        self.mine
            .iter()
            .any(|&entry| all[entry].rules.is_empty() || all[entry].rules.iter().any(|name| name == rule))
    }

    /// The rules that concern it: all where it is at home, else those that hold in its VPC.
    pub fn rules(&self) -> impl Iterator<Item = &'a ForwardRule> {
        let rules = self.endpoint.spec.rules.iter();
        rules.filter(|rule| self.is_home || self.holds(&rule.name))
    }

    /// The rules that send queries out.
    pub fn forwards(&self) -> impl Iterator<Item = &'a ForwardRule> {
        self.rules().filter(|rule| rule.rule_type == ForwardRuleType::Forward)
    }

    pub fn rule_status(&self, name: &str) -> Option<&'a ForwardRuleStatus> {
        self.status()?.rules.iter().find(|rule| rule.name == name)
    }

    /// What AWS says of this municipality's associations.
    pub fn association<'b>(&self, municipality: &'b Municipality) -> Option<&'b AssociationStatus>
    where
        'a: 'b,
    {
        let place = format!("{}/{}", namespace(&municipality.metadata), name(&municipality.metadata));
        let all = &self.status()?.associations;
        all.iter().find(|one| {
            one.municipality.as_deref() == Some(&place)
                || (one.vpc_id.is_some() && one.vpc_id.as_deref() == vpc(municipality))
        })
    }
}
