//! `jichitai adopt`: objects for what exists already in AWS, so that applying them changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;

use jichitai_api::code::MunicipalityCode;
use jichitai_api::municipality::{Environment, ZoneType};
use jichitai_api::{GROUP, Municipality, Region, VERSION};
use jichitai_aws::Depth;
use jichitai_aws::session::Session;
use jichitai_plan::adopt::{
    self, Proposal, Refusal, file_link_bucket, municipality, osaka_backup_policy, resolver_endpoint,
};
use jichitai_plan::file_link_bucket::query::Query as BucketQuery;
use jichitai_plan::identity::{Identity, Owner};
use jichitai_plan::municipality::query::{NetworkQuery, Query as NetworkReads};
use jichitai_plan::observation::Fault;
use jichitai_plan::osaka_backup_policy::query::Query as BackupQuery;
use jichitai_plan::osaka_backup_policy::source::{Medium, Selector};
use jichitai_plan::resolver_endpoint::query::Query as EndpointQuery;
use jichitai_plan::tags::Tags;
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::{Access, NoEntry};
use crate::config::Language;
use crate::table::print;

/// Prints objects for what exists already in AWS: with mode Observe, deletionPolicy Retain and the ids to take over, so that
/// applying them changes nothing. What AWS does not tell stands as a remark above each. Reads only.
///
/// Exit codes: 0 printed; 1 AWS refused, or there is no such thing; 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A Municipality for a VPC with what is in it, and for keys; or one for each VPC with a tag.
    Vpc(Vpc),
    /// A FileLinkBucket for each bucket that is named.
    Bucket(Bucket),
    /// A ResolverEndpoint, with its rules, for each endpoint that is named.
    ResolverEndpoint(Endpoint),
    /// An OsakaBackupPolicy for what carries a tag.
    Backup(Backup),
}

#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    access: Access,
    /// The namespace of the objects.
    #[arg(short, long)]
    namespace: String,
    /// ja or en: the language of remarks.
    #[arg(long, default_value = "ja")]
    lang: Language,
}

#[derive(Debug, clap::Args)]
struct Vpc {
    #[command(flatten)]
    common: Common,
    /// The VPC.
    #[arg(required_unless_present = "tag", conflicts_with = "tag")]
    vpc: Option<String>,
    /// Every VPC with a tag of this key, whose value is the code of its municipality.
    #[arg(long, value_name = "KEY")]
    tag: Option<String>,
    /// The code of the municipality, six digits.
    #[arg(long, required_unless_present = "tag", value_parser = code)]
    code: Option<String>,
    /// Its name; with --tag the value of the VPC's tag Name.
    #[arg(long, required_unless_present = "tag")]
    display_name: Option<String>,
    /// The object's name; without it `m` and the code.
    #[arg(long)]
    name: Option<String>,
    /// The environment.
    #[arg(long, default_value = "Production", value_parser = word::<Environment>)]
    environment: Environment,
    /// The tag of subnets whose value is the name of their zone; without it those of one route table are one zone.
    #[arg(long, value_name = "KEY")]
    zone_tag: Option<String>,
    /// The type of a zone, NAME=TYPE; several times. MyNumberAffairs, LgwanConnected or Maintenance.
    #[arg(long = "zone", value_name = "NAME=TYPE", value_parser = zone)]
    zones: Vec<(String, ZoneType)>,
    /// The key in Tokyo to take over: its id.
    #[arg(long, conflicts_with = "tag")]
    key: Option<String>,
    /// The key in Osaka to take over: its id.
    #[arg(long, conflicts_with = "tag")]
    osaka_key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Bucket {
    #[command(flatten)]
    common: Common,
    /// The buckets.
    #[arg(required = true)]
    buckets: Vec<String>,
    /// The Municipality in the same namespace.
    #[arg(long)]
    municipality: String,
    /// The zone.
    #[arg(long)]
    zone: String,
    /// The 業務ID, three digits.
    #[arg(long)]
    business_id: String,
}

#[derive(Debug, clap::Args)]
struct Endpoint {
    #[command(flatten)]
    common: Common,
    /// The endpoints: rslvr-in-…, rslvr-out-….
    #[arg(required = true)]
    endpoints: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Backup {
    #[command(flatten)]
    common: Common,
    /// The tag of what is backed up.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    tag: (String, String),
    /// The Municipality in the same namespace.
    #[arg(long)]
    municipality: String,
    /// The object's name.
    #[arg(long, default_value = "backup")]
    name: String,
}

const EXAMPLES: &str = "Examples:
  jichitai adopt vpc vpc-0abc --code 131016 --display-name 千代田区 --zone app=LgwanConnected \\
      --account 111122223333 --role-arn arn:aws:iam::111122223333:role/jichitai-operator --installation asp-east -n chiyoda
  jichitai adopt vpc --tag municipality-code --account 111122223333 --installation asp-east -n tenants > tenants.yaml
  jichitai adopt bucket chiyoda-files --municipality chiyoda --zone app --business-id 001 \\
      --account 111122223333 --installation asp-east -n chiyoda
  jichitai adopt backup --tag backup=daily --municipality chiyoda --account 111122223333 --installation asp-east -n chiyoda";

fn code(text: &str) -> Result<String, String> {
    let code = text.parse::<MunicipalityCode>().map_err(|error| error.to_string())?;
    Ok(code.to_string())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let parts = text
        .split_once('=')
        .filter(|(key, value)| !key.is_empty() && !value.is_empty());
    let (key, value) = parts.ok_or("KEY=VALUE is expected")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn zone(text: &str) -> Result<(String, ZoneType), String> {
    let (name, kind) = pair(text)?;
    Ok((name, word(&kind)?))
}

/// A word of the API.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(json!(text)).map_err(|error| error.to_string())
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Access(#[from] NoEntry),
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, Box<Fault>),
    #[error("there is no {0} in account {1} in Tokyo")]
    Missing(String, String),
    #[error("{0} has no subnets")]
    NoSubnets(String),
    #[error("no VPC has a tag {0} whose value is a code of a municipality")]
    NoneTagged(String),
    #[error("nothing in Tokyo carries the tag {0}={1}")]
    NoneToBackUp(String, String),
    #[error("cannot write the object: {0}")]
    Yaml(#[from] serde_saphyr::SerializeError),
}

/// Runs the command.
pub async fn run(args: Args) -> ExitCode {
    let documents = match args.what {
        What::Vpc(args) => vpcs(&args).await,
        What::Bucket(args) => buckets(&args).await,
        What::ResolverEndpoint(args) => endpoints(&args).await,
        What::Backup(args) => backup(&args).await,
    };
    match documents {
        Ok(documents) => {
            print(&documents.concat());
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

impl Common {
    async fn session(&self) -> Result<Arc<Session>, Problem> {
        Ok(self.access.session(Region::Tokyo).await?)
    }

    /// Nothing of ours is looked for.
    fn identity(&self) -> Identity {
        Identity {
            installation: self.access.installation.clone(),
            owner: Owner::new::<Municipality>(&self.namespace, ""),
        }
    }

    fn refused(&self, thing: &str, refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Unreadable(fault) => Problem::Unreadable(thing.to_owned(), Box::new(fault)),
            Refusal::Missing => Problem::Missing(thing.to_owned(), self.access.account.to_string()),
            Refusal::NoSubnets => Problem::NoSubnets(thing.to_owned()),
        }
    }

    /// One document, with its remarks above.
    fn document(&self, kind: &str, name: &str, thing: &str, proposal: Proposal) -> Result<String, Problem> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Object<'a> {
            api_version: String,
            kind: &'a str,
            metadata: Value,
            spec: Value,
        }
        let Proposal { spec, remarks } = proposal;
        let object = Object {
            api_version: format!("{GROUP}/{VERSION}"),
            kind,
            metadata: json!({"name": name, "namespace": self.namespace}),
            spec,
        };
        let remarks: String = remarks
            .iter()
            .map(|remark| format!("# - {}\n", self.lang.of(remark)))
            .collect();
        let body = serde_saphyr::to_string(&object)?;
        Ok(format!("---\n# {thing}, {}\n{remarks}{body}", self.access.account))
    }
}

async fn vpcs(args: &Vpc) -> Result<Vec<String>, Problem> {
    let session = args.common.session().await?;
    let Some(tag) = &args.tag else {
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let (vpc, code) = (given(&args.vpc), given(&args.code));
        return Ok(vec![one(args, &session, vpc, code, given(&args.display_name)).await?]);
    };
    let sites = session.vpcs_with_tag(tag).await;
    let sites = sites.map_err(|fault| Problem::Unreadable("VPCs".into(), Box::new(fault)))?;
    let mut all = Vec::new();
    for site in sites {
        let Some(code) = site.tags.get(tag).and_then(|text| code(text).ok()) else {
            eprintln!(
                "{}: the value of its tag {tag} is no code of a municipality; left out",
                site.id
            );
            continue;
        };
        let name = site.tags.get("Name").unwrap_or(&code).to_owned();
        all.push(one(args, &session, site.id, code, name).await?);
    }
    match all.is_empty() {
        true => Err(Problem::NoneTagged(tag.clone())),
        false => Ok(all),
    }
}

async fn one(
    args: &Vpc,
    session: &Session,
    vpc: String,
    code: String,
    display_name: String,
) -> Result<String, Problem> {
    let query = NetworkReads {
        identity: args.common.identity(),
        aliases: BTreeSet::new(),
        ids: BTreeMap::new(),
        network: NetworkQuery::Existing { vpc_id: vpc.clone() },
        ebs_defaults: false,
        key_usage: false,
        shared_keys: BTreeSet::new(),
    };
    let observed = session.observe(&query).await;
    let keys = [(Region::Tokyo, &args.key), (Region::Osaka, &args.osaka_key)];
    let given = municipality::Given {
        account: args.common.access.account.to_string(),
        environment: args.environment,
        vpc_id: vpc.clone(),
        zone_tag: args.zone_tag.clone(),
        zone_types: args.zones.iter().cloned().collect(),
        keys: keys
            .into_iter()
            .filter_map(|(region, key)| Some((region, key.clone()?)))
            .collect(),
        code,
        display_name,
    };
    let proposal = municipality::propose(&observed, &given).map_err(|refusal| args.common.refused(&vpc, refusal))?;
    let name = args.name.clone().unwrap_or_else(|| format!("m{}", given.code));
    args.common.document("Municipality", &name, &vpc, proposal)
}

async fn buckets(args: &Bucket) -> Result<Vec<String>, Problem> {
    let session = args.common.session().await?;
    let given = file_link_bucket::Given {
        municipality: args.municipality.clone(),
        zone: args.zone.clone(),
        business_id: args.business_id.clone(),
    };
    let (mut all, mut taken) = (Vec::new(), BTreeSet::new());
    for name in &args.buckets {
        let query = BucketQuery::of_bucket(args.common.identity(), name);
        let mut observed = session.observe_file_link(&query, &[]).await;
        let found = observed
            .buckets
            .remove(&Region::Tokyo)
            .unwrap_or_else(|| Ok(Vec::new()));
        let proposal = file_link_bucket::propose(&found, name, &given);
        let proposal = proposal.map_err(|refusal| args.common.refused(name, refusal))?;
        let object = adopt::name_of(name, "bucket", &mut taken);
        all.push(args.common.document("FileLinkBucket", &object, name, proposal)?);
    }
    Ok(all)
}

async fn endpoints(args: &Endpoint) -> Result<Vec<String>, Problem> {
    let session = args.common.session().await?;
    let account = &args.common.access.account;
    let mut all = Vec::new();
    for id in &args.endpoints {
        let query = |ids| EndpointQuery::of_endpoints(args.common.identity(), account, ids);
        let by_id = BTreeSet::from([id.clone()]);
        let seen = session.observe_resolver(&query(by_id.clone()), Depth::Whole, &[]).await;
        // Its security groups are known now.
        let endpoint = seen.endpoints.iter().flatten().find(|one| one.id == *id);
        let groups = endpoint.into_iter().flat_map(|one| one.security_groups.clone());
        let query = query(by_id.into_iter().chain(groups).collect());
        let observed = session.observe_resolver(&query, Depth::shared(), &[]).await;
        let proposal = resolver_endpoint::propose(&observed, id, account.as_str());
        let proposal = proposal.map_err(|refusal| args.common.refused(id, refusal))?;
        all.push(args.common.document("ResolverEndpoint", id, id, proposal)?);
    }
    Ok(all)
}

async fn backup(args: &Backup) -> Result<Vec<String>, Problem> {
    let session = args.common.session().await?;
    let (key, value) = &args.tag;
    let selector = Selector::Tags(Tags::from([(key.clone(), value.clone())]));
    let media = [Medium::Image, Medium::Snapshot, Medium::Database, Medium::Cluster];
    let query = BackupQuery::of_sources(args.common.identity(), media.map(|medium| (medium, selector.clone())));
    let observed = session.observe_backup(&query).await;
    let count = |medium: Medium| match observed.sources.get(&medium) {
        Some(Ok(sources)) => Ok(sources.len()),
        Some(Err(fault)) => Err(Problem::Unreadable(medium.as_str().to_owned(), Box::new(fault.clone()))),
        None => Ok(0),
    };
    let tagged = osaka_backup_policy::Tagged {
        instances: count(Medium::Image)?,
        volumes: count(Medium::Snapshot)?,
        databases: count(Medium::Database)? + count(Medium::Cluster)?,
    };
    let proposal = osaka_backup_policy::propose(&args.municipality, (key, value), tagged);
    let proposal = proposal.ok_or_else(|| Problem::NoneToBackUp(key.clone(), value.clone()))?;
    let thing = format!("{key}={value}");
    Ok(vec![args.common.document(
        "OsakaBackupPolicy",
        &args.name,
        &thing,
        proposal,
    )?])
}
