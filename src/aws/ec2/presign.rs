//! The signed request that EC2 in one Region sends on to another, to fetch a snapshot there in our name.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind};

/// The version of EC2's API.
const VERSION: &str = "2016-11-15";
/// How long the request may be used: AWS reads it at once.
const EXPIRES_IN: Duration = Duration::from_secs(300);

/// Signs requests of one session, for copies into one Region.
pub(crate) struct Presigner<'a> {
    pub(crate) config: &'a SdkConfig,
    pub(crate) to: Region,
}

impl Presigner<'_> {
    /// The URL by which the source's Region lets the copy be made. It is a secret for as long as it can be used:
    /// it goes into the call and nowhere else.
    pub(crate) async fn copy_snapshot(&self, from: Region, snapshot_id: &str) -> Result<String, Fault> {
        let mut url = format!(
            "https://ec2.{from}.amazonaws.com/?Action=CopySnapshot&Version={VERSION}&SourceRegion={from}\
             &SourceSnapshotId={snapshot_id}&DestinationRegion={}",
            self.to
        );
        let provider = self
            .config
            .credentials_provider()
            .ok_or_else(|| failed("no credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(failed)?;
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(EXPIRES_IN);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(from.as_str())
            .name("ec2")
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(failed)?;
        let request =
            SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[])).map_err(failed)?;
        let (instructions, _) = sign(request, &params.into()).map_err(failed)?.into_parts();
        for (name, value) in instructions.params() {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            url.push_str(&format!("&{name}={value}"));
        }
        Ok(url)
    }
}

fn failed(error: impl std::fmt::Display) -> Fault {
    Fault {
        kind: FaultKind::Transient,
        operation: "ec2:CopySnapshot".to_owned(),
        code: "NotSigned".to_owned(),
        message: error.to_string(),
        request_id: None,
    }
}
