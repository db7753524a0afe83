"""One local AWS for the whole run, started as other tests start it; each test begins with an empty one."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

HUB, TENANT, OTHER = "123456789012", "111122223333", "444455556666"
TOKYO, OSAKA = "ap-northeast-1", "ap-northeast-3"
EVENTS = "jichitai-events"
EVENTS_ARN = f"arn:aws:sqs:{TOKYO}:{HUB}:{EVENTS}"
EVENT_QUEUE = {"account": HUB, "region": TOKYO, "name": EVENTS}
FOLDER = Path(__file__).parents[1]


class LocalAws:
    """The running server, its side API, and clients for any account."""

    def __init__(self, endpoint: str):
        self.endpoint = endpoint
        self._clients: dict[tuple[str, ...], Any] = {}

    def side(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the side API."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.endpoint}/local-aws/{path}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def settings(self, **values: Any) -> None:
        """Changes settings."""
        self.side("POST", "settings", values)

    def fault(self, **rule: Any) -> None:
        """Adds a fault rule."""
        self.side("POST", "faults", [rule])

    def client(
        self, service: str, account: str = HUB, region: str = TOKYO, token: Any = None, **config: Any
    ) -> Any:
        """A client of the account's root, or of a session's credentials; it neither checks nor retries."""
        key = (service, account, region, token["AccessKeyId"] if token else "", str(config))
        if key not in self._clients:
            names = token or {"AccessKeyId": account, "SecretAccessKey": "x", "SessionToken": None}
            self._clients[key] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=names["AccessKeyId"],
                aws_secret_access_key=names["SecretAccessKey"],
                aws_session_token=names["SessionToken"],
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, **config),
            )
        return self._clients[key]

    def role(self, account: str, name: str, **role: Any) -> str:
        """Creates a role, answers its ARN."""
        body = {"accounts": [{"id": account, "roles": [{"name": name, **role}]}]}
        return self.side("POST", "accounts", body)["roles"][0]


class Events:
    """The queue that the events go to."""

    def __init__(self, aws: LocalAws):
        self.aws = aws
        self.sqs = aws.client("sqs")
        self.url = self.sqs.create_queue(QueueName=EVENTS)["QueueUrl"]

    def admit(self, **condition: Any) -> None:
        """Has the queue's policy admit EventBridge, on the condition."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": EVENTS_ARN,
            **({"Condition": condition} if condition else {}),
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)})

    def start(self, **more: Any) -> Any:
        """Has the tenant's events brought."""
        return self.aws.side("POST", "events", {"queue": EVENT_QUEUE, "accounts": [TENANT], **more})

    def seen(self) -> tuple[int, int]:
        """How many were delivered, and how many refused."""
        found = self.aws.side("GET", "events")
        return found["delivered"], found["refused"]

    def take(self, **more: Any) -> list[dict[str, Any]]:
        """The events that are in the queue, out of it."""
        found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **more).get(
            "Messages", []
        )
        for message in found:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    def names(self) -> list[str]:
        """The names of the events in the queue, which are taken out."""
        return sorted(e["detail"]["eventName"] for e in self.take())


def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """A server and its endpoint."""
    command = [sys.executable, "-m", "local_aws", "--port", "0", *arguments]
    pipe = subprocess.PIPE
    server = subprocess.Popen(command, cwd=FOLDER, stdin=pipe, stdout=pipe, text=True)
    return server, json.loads(server.stdout.readline())["endpoint"]


@pytest.fixture(scope="session")
def server() -> Iterator[LocalAws]:
    process, endpoint = start()
    yield LocalAws(endpoint)
    process.stdin.close()
    assert process.wait(5) == 0


@pytest.fixture
def aws(server: LocalAws) -> LocalAws:
    server.side("POST", "reset")
    server.settings(delay={"default": 0}, unthrottled=[HUB, TENANT, OTHER])
    return server


@pytest.fixture
def ec2(aws: LocalAws) -> Any:
    return aws.client("ec2")


@pytest.fixture
def kms(aws: LocalAws) -> Any:
    return aws.client("kms")


@pytest.fixture
def vpc(ec2: Any) -> str:
    return ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnets(ec2: Any, vpc: str) -> list[str]:
    """Two in different zones, the third in the first's."""
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=f"{TOKYO}{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("aca")
    ]


@pytest.fixture
def osaka(aws: LocalAws) -> Any:
    return aws.client("ec2", region=OSAKA)


@pytest.fixture
def instance(ec2) -> dict[str, Any]:
    """With a boot volume and two more."""
    ebs = [filtered("root-device-type", "ebs")]
    image = ec2.describe_images(Filters=ebs, MaxResults=5)["Images"][0]
    more = [{"DeviceName": d, "Ebs": {"VolumeSize": s}} for d, s in (("/dev/sdf", 20), ("/dev/sdg", 30))]
    root = {"DeviceName": image["RootDeviceName"], "Ebs": {"VolumeSize": 15, "DeleteOnTermination": True}}
    tags = tagged("instance", Name="web") + tagged("volume", backup="daily")
    made = ec2.run_instances(
        ImageId=image["ImageId"],
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[root, *more],
        TagSpecifications=tags,
    )
    return made["Instances"][0]


@pytest.fixture
def events(aws: LocalAws) -> Events:
    """Its policy admits EventBridge."""
    made = Events(aws)
    made.admit()
    return made


@pytest.fixture
def theirs(aws: LocalAws) -> Callable[..., Any]:
    """Clients in the tenant's account."""
    return lambda service, region=TOKYO: aws.client(service, TENANT, region)


@pytest.fixture
def session(aws: LocalAws) -> Callable[..., Any]:
    """Clients of a role that may do the actions and nothing else."""

    def client(service: str, *actions: str, account: str = TENANT, region: str = TOKYO) -> Any:
        name = f"reader-{len(names)}"
        names.append(name)
        allowed = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}] if actions else []
        policies = {"own": {"Version": "2012-10-17", "Statement": allowed}} if actions else {}
        arn = aws.role(account, name, policies=policies)
        aws.settings(authorize=True)
        token = aws.client("sts", HUB).assume_role(RoleArn=arn, RoleSessionName="look")["Credentials"]
        return aws.client(service, account, region, token)

    names: list[str] = []
    return client


def refused(code: str, call: Callable[..., Any], **parameters: Any) -> ClientError:
    """Asserts that AWS refuses the call with the code."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    assert raised.value.response["Error"]["Code"] == code, raised.value
    return raised.value


def tagged(resource_type: str, **tags: str) -> list[dict[str, Any]]:
    """TagSpecifications."""
    return [{"ResourceType": resource_type, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


def by_tag(**tags: str) -> list[dict[str, Any]]:
    """Filters by tag."""
    return [{"Name": f"tag:{k}", "Values": [v]} for k, v in tags.items()]


def filtered(name: str, *values: str) -> dict[str, Any]:
    """One filter."""
    return {"Name": name, "Values": list(values)}


def soon(true: Callable[[], Any]) -> None:
    """Waits up to two seconds."""
    end = time.monotonic() + 2
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
