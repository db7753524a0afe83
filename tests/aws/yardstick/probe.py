#!/usr/bin/env python3
"""Probe an AWS stand-in: every operation the operator needs, with round-trip and error-behaviour checks.
usage: probe.py [--endpoint http://127.0.0.1:15555] [--regions ap-northeast-1,ap-northeast-3]
                       [--out results.json] [--only ec2,s3,...] [--auth] (moto only, toggles IAM enforcement)
Status: OK (worked and matched AWS's documented behaviour), WRONG (answered, but not as AWS does),
NOTIMPL (operation absent), ERR (failed otherwise), SKIP (prerequisite missing)."""
import argparse, json, time, uuid, sys, io, urllib.request, datetime, collections
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
P = argparse.ArgumentParser()
P.add_argument('--endpoint', default='http://127.0.0.1:15555'); P.add_argument('--regions', default='ap-northeast-1,ap-northeast-3')
P.add_argument('--out', default='results.json'); P.add_argument('--only', default=''); P.add_argument('--auth', action='store_true')
P.add_argument('--key', default='testing'); P.add_argument('--quiet', action='store_true'); P.add_argument('--server-log', default='', help='server log; the exception behind each 5xx is taken from it')
A = P.parse_args()
REGS = A.regions.split(','); ONLY = set(filter(None, A.only.split(',')))
CFG = dict(retries={'max_attempts': 1, 'mode': 'standard'}, connect_timeout=5, read_timeout=40, inject_host_prefix=False)
import socket
_gai = socket.getaddrinfo   # s3control prefixes the account id to the host: resolve *.localhost locally
socket.getaddrinfo = lambda h, *a, **k: _gai('127.0.0.1' if isinstance(h, str) and h.endswith('.localhost') else h, *a, **k)
_c = {}
def cl(svc, region, creds=None, **kw):  # raw=True: no client-side validation, as in the Rust SDK
    k = (svc, region, json.dumps(creds), json.dumps(kw))
    if k not in _c:
        cfg = Config(**CFG, parameter_validation=not kw.get('raw'), **({'s3': {'addressing_style': 'path'}} if svc == 's3' else {}))
        cr = creds or {'AccessKeyId': A.key, 'SecretAccessKey': 'testing'}
        _c[k] = boto3.client(svc, region_name=region, endpoint_url=A.endpoint.replace('127.0.0.1', 'localhost') if svc == 's3control' else A.endpoint, config=cfg,
            aws_access_key_id=cr['AccessKeyId'], aws_secret_access_key=cr['SecretAccessKey'], aws_session_token=cr.get('SessionToken'))
    return _c[k]
R = []; REG = 'global'
def rec(svc, op, st, note=''):
    R.append(dict(region=REG, service=svc, op=op, status=st, note=str(note)[:400]))
    if not A.quiet and st != 'OK': print(f'{st:8}{REG:15}{svc:18}{op}: {str(note)[:200]}', flush=True)
def notimpl(e):
    c = str(e.response.get('Error', {}).get('Code', '')); m = str(e.response.get('Error', {}).get('Message', '')); s = e.response.get('ResponseMetadata', {}).get('HTTPStatusCode')
    t = (c + ' ' + m).lower()
    return s == 501 or 'notimplemented' in t or 'not been implemented' in t or 'not yet implemented' in t or 'unknownoperation' in t or 'invalidaction' in t or 'not yet available' in t or 'not included' in t or 'unsupportedoperation' in c.lower() and 'unsupported' in m.lower() or c == 'UnknownAction' or 'unknown action' in t or 'no route for' in t or 'unknown route53 endpoint' in t or (c == '400' and not m) or 'not supported' in m.lower() and s in (400, 404, 501)
class Skip(Exception): pass
_pos = 0
def newlog():
    global _pos
    if not A.server_log: return ''
    try:
        with open(A.server_log, errors='replace') as fh: fh.seek(_pos); d = fh.read(); _pos = fh.tell(); return d
    except OSError: return ''
def cause():
    import re
    time.sleep(0.05); h = re.findall(r'^([A-Za-z_.]*(?:Error|Exception)(?::.*)?)$', newlog(), re.M); return h[-1] if h else ''
def classify(svc, op, e):
    s = f'{type(e).__name__}: {e}'.replace('\n', ' ')
    if isinstance(e, (Skip, KeyError)) or (isinstance(e, TypeError) and 'NoneType' in s) or ('ParamValidationError' in s and 'None' in s): return rec(svc, op, 'SKIP', 'prerequisite missing: ' + s)
    if 'ParamValidationError' in s: return rec(svc, op, 'PROBE', s)
    code = getattr(e, 'response', {}).get('ResponseMetadata', {}).get('HTTPStatusCode') if isinstance(e, ClientError) else None
    html = '<!doctype html' in s.lower() or 'ResponseParserError' in s
    c = cause() if (html or (code or 0) >= 500) else ''
    if isinstance(e, ClientError) and notimpl(e): return rec(svc, op, 'NOTIMPL', s)
    if html and code == 404: return rec(svc, op, 'NOTIMPL', 'no route (404 html)')
    if "'NoneType' object has no attribute 'replace'" in c: return rec(svc, op, 'NOTIMPL', 'no backend for this service (HTTP 500)')
    if code == 404 and isinstance(e, ClientError) and e.response['Error'].get('Code') == '404' and 'Head' not in s: return rec(svc, op, 'NOTIMPL', 'no route (404)')
    if 'NotImplementedError' in c: return rec(svc, op, 'NOTIMPL', c)
    if c or (code or 0) >= 500: return rec(svc, op, 'CRASH', 'HTTP 5xx: ' + (c or s))
    rec(svc, op, 'ERR', s)
def T(svc, op, fn, check=None):
    newlog()
    try: r = fn()
    except Exception as e: classify(svc, op, e); return None
    if check:
        try: p = check(r)
        except Exception as e: p = f'check failed {type(e).__name__}: {e}'
        if p is True or p is None or p == []: rec(svc, op, 'OK')
        else: rec(svc, op, 'WRONG', p if p is not False else 'value did not round-trip')
    else: rec(svc, op, 'OK')
    return r
def X(svc, op, codes, fn):
    codes = codes if isinstance(codes, (list, tuple)) else [codes]
    newlog()
    try: r = fn()
    except ClientError as e:
        c = e.response['Error'].get('Code')
        if c in codes: return rec(svc, op, 'OK')
        if notimpl(e) or '<!doctype' in str(e).lower() or e.response['ResponseMetadata'].get('HTTPStatusCode', 0) >= 500: return classify(svc, op, e)
        return rec(svc, op, 'WRONG', f"expected {codes[0]}, got {c}: {e.response['Error'].get('Message')}")
    except Exception as e: return classify(svc, op, e)
    rec(svc, op, 'WRONG', f'accepted; AWS returns {codes[0]}')
def INFO(svc, op, fn):
    try: rec(svc, op, 'INFO', f'same id returned: {fn()}')
    except Exception as e: rec(svc, op, 'INFO', f'{type(e).__name__}: {e}')
def req(**kw):
    """list of expected-vs-got mismatches"""
    return [f'{k}: want {w!r} got {g!r}' for k, (w, g) in kw.items() if w != g]
def diff(w, g, p=''):
    if isinstance(w, dict) and isinstance(g, dict): return [d for k in sorted(set(w) | set(g)) for d in (diff(w[k], g[k], f'{p}.{k}') if k in w and k in g else [f'{p}.{k}: ' + ('lost' if k in w else f'added {g[k]!r}')])]
    return [] if w == g else [f'{p}: want {w!r} got {g!r}']
def tags(l): return {t.get('Key') or t.get('TagKey'): t.get('Value') or t.get('TagValue') for t in (l or [])}
TS = lambda rt, **kw: [{'ResourceType': rt, 'Tags': [{'Key': k, 'Value': v} for k, v in kw.items()]}]
U = uuid.uuid4().hex[:8]; C = collections.defaultdict(dict)
ACCT = '123456789012'
POL = lambda *st: json.dumps({'Version': '2012-10-17', 'Statement': list(st)})

def t_kms(r):
    k = cl('kms', r); c = C[r]; S = 'kms'; other = [x for x in REGS if x != r][0] if len(REGS) > 1 else 'ap-northeast-3'
    pol = POL({'Sid': 'root', 'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCT}:root'}, 'Action': 'kms:*', 'Resource': '*'})
    m = T(S, 'CreateKey(MultiRegion,Policy,Tags)', lambda: k.create_key(MultiRegion=True, Policy=pol, Description='d', Tags=[{'TagKey': 'a', 'TagValue': 'b'}]),
        lambda x: req(MultiRegion=(True, x['KeyMetadata'].get('MultiRegion')), typ=('PRIMARY', x['KeyMetadata'].get('MultiRegionConfiguration', {}).get('MultiRegionKeyType')), mrk=(True, x['KeyMetadata']['KeyId'].startswith('mrk-')), st=('Enabled', x['KeyMetadata']['KeyState']), desc=('d', x['KeyMetadata']['Description'])))
    if m: c['mrk'] = m['KeyMetadata']['Arn']
    s = T(S, 'CreateKey(single)', lambda: k.create_key(Tags=[{'TagKey': 'a', 'TagValue': 'b'}]))
    if s: c['key'] = s['KeyMetadata']['Arn']; c['kid'] = s['KeyMetadata']['KeyId']
    T(S, 'DescribeKey', lambda: k.describe_key(KeyId=c['key']), lambda x: req(st=('Enabled', x['KeyMetadata']['KeyState']), mgr=('CUSTOMER', x['KeyMetadata']['KeyManager']), spec=('SYMMETRIC_DEFAULT', x['KeyMetadata'].get('KeySpec'))))
    X(S, 'DescribeKey unknown -> NotFoundException', 'NotFoundException', lambda: k.describe_key(KeyId=str(uuid.uuid4())))
    T(S, 'ListResourceTags', lambda: k.list_resource_tags(KeyId=c['key']), lambda x: req(t=({'a': 'b'}, tags(x['Tags']))))
    T(S, 'TagResource', lambda: (k.tag_resource(KeyId=c['key'], Tags=[{'TagKey': 'x', 'TagValue': 'y'}, {'TagKey': 'a', 'TagValue': 'c'}]), k.list_resource_tags(KeyId=c['key']))[1], lambda x: req(t=({'a': 'c', 'x': 'y'}, tags(x['Tags']))))
    T(S, 'UntagResource', lambda: (k.untag_resource(KeyId=c['key'], TagKeys=['x']), k.list_resource_tags(KeyId=c['key']))[1], lambda x: req(t=({'a': 'c'}, tags(x['Tags']))))
    T(S, 'GetKeyPolicy(default)', lambda: k.get_key_policy(KeyId=c['key'], PolicyName='default'), lambda x: None if 'kms:*' in x['Policy'] else x['Policy'])
    p2 = POL({'Sid': 'r', 'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCT}:root'}, 'Action': 'kms:*', 'Resource': '*'}, {'Sid': 't', 'Effect': 'Deny', 'Principal': '*', 'Action': 'kms:Decrypt', 'Resource': '*', 'Condition': {'StringNotEquals': {'aws:SourceVpce': 'vpce-1'}}})
    T(S, 'PutKeyPolicy/GetKeyPolicy', lambda: (k.put_key_policy(KeyId=c['key'], PolicyName='default', Policy=p2), k.get_key_policy(KeyId=c['key'], PolicyName='default'))[1], lambda x: req(p=(json.loads(p2), json.loads(x['Policy']))))
    X(S, 'PutKeyPolicy malformed -> MalformedPolicyDocumentException', 'MalformedPolicyDocumentException', lambda: k.put_key_policy(KeyId=c['kid'], PolicyName='default', Policy='{not json'))
    X(S, 'PutKeyPolicy lockout -> MalformedPolicyDocumentException', 'MalformedPolicyDocumentException', lambda: k.put_key_policy(KeyId=c['kid'], PolicyName='default', Policy=POL({'Effect': 'Allow', 'Principal': {'AWS': 'arn:aws:iam::999999999999:root'}, 'Action': 'kms:Encrypt', 'Resource': '*'})))
    k.put_key_policy(KeyId=c['kid'], PolicyName='default', Policy=pol) if 'kid' in c else None
    T(S, 'EnableKeyRotation(180)/GetKeyRotationStatus', lambda: (k.enable_key_rotation(KeyId=c['key'], RotationPeriodInDays=180), k.get_key_rotation_status(KeyId=c['key']))[1], lambda x: req(e=(True, x['KeyRotationEnabled']), p=(180, x.get('RotationPeriodInDays')), next=(True, 'NextRotationDate' in x)))
    X(S, 'EnableKeyRotation period<90 -> ValidationException', 'ValidationException', lambda: cl('kms', r, raw=True).enable_key_rotation(KeyId=c['key'], RotationPeriodInDays=89))
    T(S, 'DisableKeyRotation', lambda: (k.disable_key_rotation(KeyId=c['key']), k.get_key_rotation_status(KeyId=c['key']))[1], lambda x: req(e=(False, x['KeyRotationEnabled'])))
    T(S, 'RotateKeyOnDemand', lambda: k.rotate_key_on_demand(KeyId=c['key'])); T(S, 'ListKeyRotations', lambda: k.list_key_rotations(KeyId=c['key']))
    al = f'alias/p-{U}'
    T(S, 'CreateAlias', lambda: k.create_alias(AliasName=al, TargetKeyId=c['kid'])); X(S, 'CreateAlias duplicate -> AlreadyExistsException', 'AlreadyExistsException', lambda: k.create_alias(AliasName=al, TargetKeyId=c['kid']))
    X(S, 'CreateAlias bad prefix -> ValidationException', ['ValidationException', 'InvalidAliasNameException'], lambda: k.create_alias(AliasName='nope', TargetKeyId=c['kid']))
    X(S, 'CreateAlias alias/aws/ -> NotAuthorizedException', ['NotAuthorizedException', 'AccessDeniedException'], lambda: k.create_alias(AliasName='alias/aws/x', TargetKeyId=c['kid']))
    T(S, 'ListAliases(KeyId)', lambda: k.list_aliases(KeyId=c['kid']), lambda x: req(a=([al], [a['AliasName'] for a in x['Aliases']])))
    T(S, 'DescribeKey(alias)', lambda: k.describe_key(KeyId=al), lambda x: req(k=(c['key'], x['KeyMetadata']['Arn'])))
    T(S, 'UpdateAlias', lambda: (k.update_alias(AliasName=al, TargetKeyId=c['mrk']), k.describe_key(KeyId=al))[1], lambda x: req(k=(c['mrk'], x['KeyMetadata']['Arn'])))
    X(S, 'UpdateAlias unknown -> NotFoundException', 'NotFoundException', lambda: k.update_alias(AliasName='alias/none' + U, TargetKeyId=c['kid']))
    T(S, 'DeleteAlias', lambda: k.delete_alias(AliasName=al))
    T(S, 'UpdateKeyDescription', lambda: (k.update_key_description(KeyId=c['kid'], Description='z'), k.describe_key(KeyId=c['kid']))[1], lambda x: req(d=('z', x['KeyMetadata']['Description'])))
    T(S, 'Encrypt/Decrypt(ctx)', lambda: k.decrypt(CiphertextBlob=k.encrypt(KeyId=c['kid'], Plaintext=b'hi', EncryptionContext={'a': 'b'})['CiphertextBlob'], EncryptionContext={'a': 'b'}), lambda x: req(p=(b'hi', x['Plaintext'])))
    X(S, 'Decrypt wrong ctx -> InvalidCiphertextException', 'InvalidCiphertextException', lambda: k.decrypt(CiphertextBlob=k.encrypt(KeyId=c['kid'], Plaintext=b'hi', EncryptionContext={'a': 'b'})['CiphertextBlob'], EncryptionContext={'a': 'z'}))
    T(S, 'GenerateDataKey', lambda: k.generate_data_key(KeyId=c['kid'], KeySpec='AES_256'))
    g = T(S, 'CreateGrant', lambda: k.create_grant(KeyId=c['kid'], GranteePrincipal=f'arn:aws:iam::{ACCT}:role/x', Operations=['Decrypt', 'GenerateDataKey'], Name='n', Constraints={'EncryptionContextSubset': {'a': 'b'}}))
    T(S, 'ListGrants', lambda: k.list_grants(KeyId=c['kid']), lambda x: req(n=(1, len(x['Grants'])), nm=('n', x['Grants'][0].get('Name')), ops=({'Decrypt', 'GenerateDataKey'}, set(x['Grants'][0]['Operations'])), con=({'EncryptionContextSubset': {'a': 'b'}}, x['Grants'][0].get('Constraints'))))
    T(S, 'CreateGrant idempotent(Name)', lambda: k.create_grant(KeyId=c['kid'], GranteePrincipal=f'arn:aws:iam::{ACCT}:role/x', Operations=['Decrypt', 'GenerateDataKey'], Name='n', Constraints={'EncryptionContextSubset': {'a': 'b'}}), lambda x: req(id=(g['GrantId'], x['GrantId'])))
    T(S, 'RevokeGrant', lambda: k.revoke_grant(KeyId=c['kid'], GrantId=g['GrantId']) if g else (_ for _ in ()).throw(Skip('no grant')))
    T(S, 'DisableKey', lambda: (k.disable_key(KeyId=c['kid']), k.describe_key(KeyId=c['kid']))[1], lambda x: req(s=('Disabled', x['KeyMetadata']['KeyState']), e=(False, x['KeyMetadata']['Enabled'])))
    X(S, 'Encrypt on disabled -> DisabledException', 'DisabledException', lambda: k.encrypt(KeyId=c['kid'], Plaintext=b'x'))
    T(S, 'EnableKey', lambda: (k.enable_key(KeyId=c['kid']), k.describe_key(KeyId=c['kid']))[1], lambda x: req(s=('Enabled', x['KeyMetadata']['KeyState'])))
    T(S, 'ReplicateKey', lambda: k.replicate_key(KeyId=c['mrk'].split('/')[-1], ReplicaRegion=other, Policy=pol, Tags=[{'TagKey': 'rep', 'TagValue': '1'}], Description='rd'), lambda x: req(typ=('REPLICA', x['ReplicaKeyMetadata'].get('MultiRegionConfiguration', {}).get('MultiRegionKeyType')), desc=('rd', x['ReplicaKeyMetadata'].get('Description')), primary=(r, x['ReplicaKeyMetadata'].get('MultiRegionConfiguration', {}).get('PrimaryKey', {}).get('Region')), arn=(True, f':{other}:' in x['ReplicaKeyMetadata']['Arn']), tags=({'rep': '1'}, tags(x.get('ReplicaTags')))))
    T(S, 'ReplicateKey: replica describable in other region', lambda: cl('kms', other).describe_key(KeyId=c['mrk'].split('/')[-1]), lambda x: req(typ=('REPLICA', x['KeyMetadata'].get('MultiRegionConfiguration', {}).get('MultiRegionKeyType'))))
    T(S, 'ReplicateKey: replica tags via ListResourceTags', lambda: cl('kms', other).list_resource_tags(KeyId=c['mrk'].split('/')[-1]), lambda x: req(t=({'rep': '1'}, tags(x['Tags']))))
    T(S, 'ReplicateKey: primary lists ReplicaKeys', lambda: k.describe_key(KeyId=c['mrk']), lambda x: req(rk=([other], [q['Region'] for q in x['KeyMetadata'].get('MultiRegionConfiguration', {}).get('ReplicaKeys', [])])))
    T(S, 'ReplicateKey: cross-region decrypt works', lambda: cl('kms', other).decrypt(CiphertextBlob=k.encrypt(KeyId=c['mrk'], Plaintext=b'mr')['CiphertextBlob'], KeyId=c['mrk'].split('/')[-1]), lambda x: req(p=(b'mr', x['Plaintext'])))
    X(S, 'ReplicateKey dup -> AlreadyExistsException', 'AlreadyExistsException', lambda: k.replicate_key(KeyId=c['mrk'].split('/')[-1], ReplicaRegion=other))
    X(S, 'ReplicateKey single-region key -> UnsupportedOperationException', 'UnsupportedOperationException', lambda: k.replicate_key(KeyId=c['kid'], ReplicaRegion=other))
    T(S, 'ReplicateKey(KeyId=ARN)', lambda: k.replicate_key(KeyId=k.create_key(MultiRegion=True)['KeyMetadata']['Arn'], ReplicaRegion=other))
    T(S, 'UpdatePrimaryRegion', lambda: k.update_primary_region(KeyId=c['mrk'], PrimaryRegion=other))
    d = T(S, 'CreateKey(for deletion)', lambda: k.create_key()); dk = d['KeyMetadata']['KeyId'] if d else None
    T(S, 'ScheduleKeyDeletion(7)', lambda: k.schedule_key_deletion(KeyId=dk, PendingWindowInDays=7), lambda x: req(st=('PendingDeletion', x.get('KeyState')), w=(7, x.get('PendingWindowInDays'))))
    X(S, 'ScheduleKeyDeletion window 3 -> ValidationException', ['ValidationException'], lambda: boto_raw_kms(k, dk))
    X(S, 'ScheduleKeyDeletion again -> KMSInvalidStateException', 'KMSInvalidStateException', lambda: k.schedule_key_deletion(KeyId=dk, PendingWindowInDays=7))
    X(S, 'Encrypt pending deletion -> KMSInvalidStateException', 'KMSInvalidStateException', lambda: k.encrypt(KeyId=dk, Plaintext=b'x'))
    T(S, 'CancelKeyDeletion -> Disabled', lambda: (k.cancel_key_deletion(KeyId=dk), k.describe_key(KeyId=dk))[1], lambda x: req(s=('Disabled', x['KeyMetadata']['KeyState']), dd=(False, 'DeletionDate' in x['KeyMetadata'])))
    T(S, 'ListKeys pagination', lambda: k.list_keys(Limit=2), lambda x: req(n=(2, len(x['Keys'])), tr=(True, x.get('Truncated')), mk=(True, bool(x.get('NextMarker')))))
    k2 = T(S, 'CreateKey(long lived)', lambda: k.create_key(Tags=[{'TagKey': 'Name', 'TagValue': 'k2'}]))
    if k2: c['key'] = k2['KeyMetadata']['Arn']; c['kid'] = k2['KeyMetadata']['KeyId']
def boto_raw_kms(k, dk): return k.schedule_key_deletion(KeyId=dk, PendingWindowInDays=3)

def t_ec2(r):
    e = cl('ec2', r); c = C[r]; S = 'ec2'; other = [x for x in REGS if x != r][0] if len(REGS) > 1 else 'ap-northeast-3'
    v = T(S, 'CreateVpc(TagSpecifications)', lambda: e.create_vpc(CidrBlock='10.0.0.0/16', TagSpecifications=TS('vpc', Name='v' + U, tenant='t1')), lambda x: req(cidr=('10.0.0.0/16', x['Vpc']['CidrBlock']), tags=({'Name': 'v' + U, 'tenant': 't1'}, tags(x['Vpc'].get('Tags')))))
    if not v: return
    vid = v['Vpc']['VpcId']; c['vpc'] = vid
    T(S, 'DescribeVpcs filter tag:', lambda: e.describe_vpcs(Filters=[{'Name': 'tag:Name', 'Values': ['v' + U]}]), lambda x: req(ids=([vid], [y['VpcId'] for y in x['Vpcs']]), st=('available', x['Vpcs'][0]['State'])))
    T(S, 'DescribeVpcs filter wildcard', lambda: e.describe_vpcs(Filters=[{'Name': 'tag:Name', 'Values': ['v' + U[:4] + '*']}]), lambda x: req(ids=([vid], [y['VpcId'] for y in x['Vpcs']])))
    T(S, 'DescribeVpcs filter tag-key', lambda: e.describe_vpcs(Filters=[{'Name': 'tag-key', 'Values': ['tenant']}, {'Name': 'tag:Name', 'Values': ['v' + U]}]), lambda x: req(ids=([vid], [y['VpcId'] for y in x['Vpcs']])))
    T(S, 'DescribeVpcs pagination', lambda: (e.create_vpc(CidrBlock='10.9.0.0/24'), [e.create_vpc(CidrBlock='10.9.0.0/24') for _ in range(6)], e.describe_vpcs(MaxResults=5))[2], lambda x: req(n=(5, len(x['Vpcs'])), tok=(True, bool(x.get('NextToken')))))
    X(S, 'CreateVpc DryRun -> DryRunOperation', 'DryRunOperation', lambda: e.create_vpc(CidrBlock='10.0.0.0/16', DryRun=True))
    X(S, 'CreateVpc /8 -> InvalidVpc.Range', 'InvalidVpc.Range', lambda: e.create_vpc(CidrBlock='10.0.0.0/8'))
    X(S, 'DescribeVpcs unknown -> InvalidVpcID.NotFound', 'InvalidVpcID.NotFound', lambda: e.describe_vpcs(VpcIds=['vpc-0123456789abcdef0']))
    X(S, 'CreateVpc missing Cidr -> MissingParameter', 'MissingParameter', lambda: e.create_vpc())
    T(S, 'ModifyVpcAttribute dnsHostnames', lambda: (e.modify_vpc_attribute(VpcId=vid, EnableDnsHostnames={'Value': True}), e.describe_vpc_attribute(VpcId=vid, Attribute='enableDnsHostnames'))[1], lambda x: req(v=(True, x['EnableDnsHostnames']['Value'])))
    T(S, 'ModifyVpcAttribute dnsSupport', lambda: (e.modify_vpc_attribute(VpcId=vid, EnableDnsSupport={'Value': True}), e.describe_vpc_attribute(VpcId=vid, Attribute='enableDnsSupport'))[1], lambda x: req(v=(True, x['EnableDnsSupport']['Value'])))
    a = T(S, 'AssociateVpcCidrBlock', lambda: e.associate_vpc_cidr_block(VpcId=vid, CidrBlock='100.64.0.0/20'), lambda x: req(s=(True, x['CidrBlockAssociation']['CidrBlockState']['State'] in ('associating', 'associated'))))
    T(S, 'DescribeVpcs CidrBlockAssociationSet', lambda: e.describe_vpcs(VpcIds=[vid]), lambda x: req(n=(['10.0.0.0/16', '100.64.0.0/20'], sorted(q['CidrBlock'] for q in x['Vpcs'][0]['CidrBlockAssociationSet']))))
    X(S, 'AssociateVpcCidrBlock overlap -> InvalidVpc.Range/CidrConflict', ['InvalidVpc.Range', 'CidrConflict', 'InvalidVpcRange', 'InvalidParameterValue'], lambda: e.associate_vpc_cidr_block(VpcId=vid, CidrBlock='10.0.0.0/20'))
    s1 = T(S, 'CreateSubnet', lambda: e.create_subnet(VpcId=vid, CidrBlock='10.0.1.0/24', AvailabilityZone=r + 'a', TagSpecifications=TS('subnet', Name='s1')), lambda x: req(az=(r + 'a', x['Subnet']['AvailabilityZone']), azid=(True, bool(x['Subnet'].get('AvailabilityZoneId'))), ips=(251, x['Subnet']['AvailableIpAddressCount']), t=({'Name': 's1'}, tags(x['Subnet'].get('Tags')))))
    azs = T(S, 'DescribeAvailabilityZones', lambda: e.describe_availability_zones(), lambda x: req(n=(3, len(x['AvailabilityZones']))))
    az2 = azs['AvailabilityZones'][-1]['ZoneName'] if azs else r + 'c'
    s2 = T(S, 'CreateSubnet(2nd AZ)', lambda: e.create_subnet(VpcId=vid, CidrBlock='10.0.2.0/24', AvailabilityZone=az2))
    if s1: c['s1'] = s1['Subnet']['SubnetId']
    if s2: c['s2'] = s2['Subnet']['SubnetId']
    X(S, 'CreateSubnet overlap -> InvalidSubnet.Conflict', 'InvalidSubnet.Conflict', lambda: e.create_subnet(VpcId=vid, CidrBlock='10.0.1.128/25'))
    X(S, 'CreateSubnet outside -> InvalidSubnet.Range', 'InvalidSubnet.Range', lambda: e.create_subnet(VpcId=vid, CidrBlock='172.16.0.0/24'))
    X(S, 'DeleteVpc with subnets -> DependencyViolation', 'DependencyViolation', lambda: e.delete_vpc(VpcId=vid))
    T(S, 'ModifySubnetAttribute', lambda: e.modify_subnet_attribute(SubnetId=c['s1'], MapPublicIpOnLaunch={'Value': False}))
    # transit gateway
    tg = T(S, 'CreateTransitGateway', lambda: e.create_transit_gateway(Description='t', Options={'AmazonSideAsn': 64599, 'AutoAcceptSharedAttachments': 'enable', 'DefaultRouteTableAssociation': 'disable', 'DefaultRouteTablePropagation': 'disable', 'DnsSupport': 'enable'}, TagSpecifications=TS('transit-gateway', Name='tg')), lambda x: req(asn=(64599, x['TransitGateway']['Options'].get('AmazonSideAsn')), dra=('disable', x['TransitGateway']['Options'].get('DefaultRouteTableAssociation')), t=({'Name': 'tg'}, tags(x['TransitGateway'].get('Tags')))))
    if tg: c['tgw'] = tg['TransitGateway']['TransitGatewayId']
    T(S, 'DescribeTransitGateways', lambda: e.describe_transit_gateways(TransitGatewayIds=[c['tgw']]), lambda x: req(s=('available', x['TransitGateways'][0]['State'])))
    ta = T(S, 'CreateTransitGatewayVpcAttachment', lambda: e.create_transit_gateway_vpc_attachment(TransitGatewayId=c['tgw'], VpcId=vid, SubnetIds=[c['s1'], c['s2']], Options={'DnsSupport': 'enable', 'ApplianceModeSupport': 'disable'}, TagSpecifications=TS('transit-gateway-attachment', Name='ta')), lambda x: req(s=(True, x['TransitGatewayVpcAttachment']['State'] in ('pending', 'available', 'initiating')), sub=(2, len(x['TransitGatewayVpcAttachment'].get('SubnetIds', []))), t=({'Name': 'ta'}, tags(x['TransitGatewayVpcAttachment'].get('Tags')))))
    T(S, 'DescribeTransitGatewayVpcAttachments(filter)', lambda: e.describe_transit_gateway_vpc_attachments(Filters=[{'Name': 'vpc-id', 'Values': [vid]}]), lambda x: req(n=(1, len(x['TransitGatewayVpcAttachments'])), s=('available', x['TransitGatewayVpcAttachments'][0]['State'])))
    T(S, 'DescribeTransitGatewayVpcAttachments tags stored', lambda: e.describe_transit_gateway_vpc_attachments(Filters=[{'Name': 'vpc-id', 'Values': [vid]}]), lambda x: req(t=({'Name': 'ta'}, tags(x['TransitGatewayVpcAttachments'][0].get('Tags')))))
    X(S, 'CreateTransitGatewayVpcAttachment duplicate -> DuplicateTransitGatewayAttachment', 'DuplicateTransitGatewayAttachment', lambda: e.create_transit_gateway_vpc_attachment(TransitGatewayId=c['tgw'], VpcId=vid, SubnetIds=[c['s1']]))
    X(S, 'CreateTransitGatewayVpcAttachment unknown TGW -> InvalidTransitGatewayID.NotFound', 'InvalidTransitGatewayID.NotFound', lambda: e.create_transit_gateway_vpc_attachment(TransitGatewayId='tgw-0123456789abcdef0', VpcId=vid, SubnetIds=[c['s1']]))
    T(S, 'ModifyTransitGatewayVpcAttachment', lambda: e.modify_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=ta['TransitGatewayVpcAttachment']['TransitGatewayAttachmentId'], RemoveSubnetIds=[c['s2']]), lambda x: req(n=([c['s1']], x['TransitGatewayVpcAttachment'].get('SubnetIds'))))
    trt = T(S, 'CreateTransitGatewayRouteTable', lambda: e.create_transit_gateway_route_table(TransitGatewayId=c['tgw'])); 
    tid = trt['TransitGatewayRouteTable']['TransitGatewayRouteTableId'] if trt else None; taid = ta['TransitGatewayVpcAttachment']['TransitGatewayAttachmentId'] if ta else None
    T(S, 'AssociateTransitGatewayRouteTable', lambda: e.associate_transit_gateway_route_table(TransitGatewayRouteTableId=tid, TransitGatewayAttachmentId=taid))
    T(S, 'EnableTransitGatewayRouteTablePropagation', lambda: e.enable_transit_gateway_route_table_propagation(TransitGatewayRouteTableId=tid, TransitGatewayAttachmentId=taid))
    T(S, 'CreateTransitGatewayRoute', lambda: e.create_transit_gateway_route(DestinationCidrBlock='192.168.0.0/16', TransitGatewayRouteTableId=tid, TransitGatewayAttachmentId=taid)); T(S, 'SearchTransitGatewayRoutes', lambda: e.search_transit_gateway_routes(TransitGatewayRouteTableId=tid, Filters=[{'Name': 'state', 'Values': ['active']}]))
    # route tables
    rt = T(S, 'CreateRouteTable', lambda: e.create_route_table(VpcId=vid, TagSpecifications=TS('route-table', Name='rt')), lambda x: req(t=({'Name': 'rt'}, tags(x['RouteTable'].get('Tags'))), loc=('10.0.0.0/16', x['RouteTable']['Routes'][0]['DestinationCidrBlock'])))
    rid = rt['RouteTable']['RouteTableId'] if rt else None; c['rt'] = rid
    ra = T(S, 'AssociateRouteTable', lambda: e.associate_route_table(RouteTableId=rid, SubnetId=c['s1']), lambda x: req(s=('associated', x.get('AssociationState', {}).get('State'))))
    T(S, 'AssociateRouteTable idempotent same pair', lambda: e.associate_route_table(RouteTableId=rid, SubnetId=c['s1']), lambda x: req(id=(ra['AssociationId'], x['AssociationId'])))
    T(S, 'CreateRoute(TGW)', lambda: e.create_route(RouteTableId=rid, DestinationCidrBlock='192.168.0.0/16', TransitGatewayId=c['tgw']), lambda x: req(r=(True, x.get('Return'))))
    X(S, 'CreateRoute duplicate -> RouteAlreadyExists', 'RouteAlreadyExists', lambda: e.create_route(RouteTableId=rid, DestinationCidrBlock='192.168.0.0/16', TransitGatewayId=c['tgw']))
    T(S, 'DescribeRouteTables(routes)', lambda: e.describe_route_tables(RouteTableIds=[rid]), lambda x: (lambda q: req(tgw=(c['tgw'], q.get('TransitGatewayId')), st=('active', q.get('State')), o=('CreateRoute', q.get('Origin'))))([z for z in x['RouteTables'][0]['Routes'] if z.get('DestinationCidrBlock') == '192.168.0.0/16'][0]))
    igw = T(S, 'CreateInternetGateway/Attach', lambda: (lambda g: (e.attach_internet_gateway(InternetGatewayId=g, VpcId=vid), g)[1])(e.create_internet_gateway()['InternetGateway']['InternetGatewayId']))
    T(S, 'ReplaceRoute', lambda: (e.replace_route(RouteTableId=rid, DestinationCidrBlock='192.168.0.0/16', GatewayId=igw), e.describe_route_tables(RouteTableIds=[rid]))[1], lambda x: (lambda q: req(g=(igw, q.get('GatewayId')), tgw=(None, q.get('TransitGatewayId'))))([z for z in x['RouteTables'][0]['Routes'] if z.get('DestinationCidrBlock') == '192.168.0.0/16'][0]))
    X(S, 'ReplaceRoute missing -> InvalidParameterValue', ['InvalidParameterValue', 'InvalidRoute.NotFound'], lambda: e.replace_route(RouteTableId=rid, DestinationCidrBlock='172.30.0.0/16', GatewayId=igw))
    T(S, 'DeleteRoute', lambda: e.delete_route(RouteTableId=rid, DestinationCidrBlock='192.168.0.0/16')); X(S, 'DeleteRoute missing -> InvalidRoute.NotFound', 'InvalidRoute.NotFound', lambda: e.delete_route(RouteTableId=rid, DestinationCidrBlock='192.168.0.0/16'))
    T(S, 'CreateRoute(prefix list)', lambda: (lambda pl: e.create_route(RouteTableId=rid, DestinationPrefixListId=pl, TransitGatewayId=c['tgw']))(e.create_managed_prefix_list(PrefixListName='pl', MaxEntries=5, AddressFamily='IPv4', Entries=[{'Cidr': '10.50.0.0/16'}])['PrefixList']['PrefixListId']))
    X(S, 'DeleteRouteTable associated -> DependencyViolation', 'DependencyViolation', lambda: (lambda q, sx: (e.associate_route_table(RouteTableId=q, SubnetId=sx), e.delete_route_table(RouteTableId=q))[1])(e.create_route_table(VpcId=vid)['RouteTable']['RouteTableId'], e.create_subnet(VpcId=vid, CidrBlock='10.0.201.0/24')['Subnet']['SubnetId']))
    T(S, 'ReplaceRouteTableAssociation', lambda: (lambda n: e.replace_route_table_association(AssociationId=ra['AssociationId'], RouteTableId=n))(e.create_route_table(VpcId=vid)['RouteTable']['RouteTableId']))
    # security groups
    sg = T(S, 'CreateSecurityGroup', lambda: e.create_security_group(GroupName='sg' + U, Description='d', VpcId=vid, TagSpecifications=TS('security-group', Name='sg')), lambda x: req(t=({'Name': 'sg'}, tags(x.get('Tags')))))
    gid = sg['GroupId'] if sg else None; c['sg'] = gid
    X(S, 'CreateSecurityGroup duplicate -> InvalidGroup.Duplicate', 'InvalidGroup.Duplicate', lambda: e.create_security_group(GroupName='sg' + U, Description='d', VpcId=vid))
    T(S, 'DescribeSecurityGroups tags stored', lambda: e.describe_security_groups(GroupIds=[gid]), lambda x: req(t=({'Name': 'sg'}, tags(x['SecurityGroups'][0].get('Tags')))))
    perm = [{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '10.0.0.0/16', 'Description': 'why'}]}]
    ai = T(S, 'AuthorizeSecurityGroupIngress', lambda: e.authorize_security_group_ingress(GroupId=gid, IpPermissions=perm, TagSpecifications=TS('security-group-rule', own='op')), lambda x: req(n=(1, len(x.get('SecurityGroupRules', []))), d=('why', x['SecurityGroupRules'][0].get('Description')), t=({'own': 'op'}, tags(x['SecurityGroupRules'][0].get('Tags')))))
    X(S, 'Authorize duplicate -> InvalidPermission.Duplicate', 'InvalidPermission.Duplicate', lambda: e.authorize_security_group_ingress(GroupId=gid, IpPermissions=perm))
    T(S, 'Authorize sg-ref + self', lambda: e.authorize_security_group_ingress(GroupId=gid, IpPermissions=[{'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': gid}]}]))
    T(S, 'AuthorizeSecurityGroupEgress', lambda: e.authorize_security_group_egress(GroupId=gid, IpPermissions=[{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': '10.0.0.0/16'}]}]))
    T(S, 'RevokeSecurityGroupEgress(default)', lambda: e.revoke_security_group_egress(GroupId=gid, IpPermissions=[{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]), lambda x: req(r=(True, x.get('Return'))))
    T(S, 'DescribeSecurityGroupRules', lambda: e.describe_security_group_rules(Filters=[{'Name': 'group-id', 'Values': [gid]}]), lambda x: req(n=(3, len(x['SecurityGroupRules'])), eg=(1, sum(q['IsEgress'] for q in x['SecurityGroupRules'])), d=(True, any(q.get('Description') == 'why' for q in x['SecurityGroupRules']))))
    T(S, 'DescribeSecurityGroupRules(by id) tags', lambda: e.describe_security_group_rules(SecurityGroupRuleIds=[ai['SecurityGroupRules'][0]['SecurityGroupRuleId']]), lambda x: req(n=(1, len(x['SecurityGroupRules'])), t=({'own': 'op'}, tags(x['SecurityGroupRules'][0].get('Tags')))))
    T(S, 'ModifySecurityGroupRules', lambda: e.modify_security_group_rules(GroupId=gid, SecurityGroupRules=[{'SecurityGroupRuleId': ai['SecurityGroupRules'][0]['SecurityGroupRuleId'], 'SecurityGroupRule': {'IpProtocol': 'tcp', 'FromPort': 8443, 'ToPort': 8443, 'CidrIpv4': '10.0.0.0/16'}}]))
    T(S, 'RevokeSecurityGroupIngress(rule id)', lambda: e.revoke_security_group_ingress(GroupId=gid, SecurityGroupRuleIds=[ai['SecurityGroupRules'][0]['SecurityGroupRuleId']]))
    X(S, 'Revoke missing -> InvalidPermission.NotFound', 'InvalidPermission.NotFound', lambda: e.revoke_security_group_ingress(GroupId=gid, IpPermissions=[{'IpProtocol': 'tcp', 'FromPort': 1, 'ToPort': 2, 'IpRanges': [{'CidrIp': '9.9.9.9/32'}]}]))
    T(S, 'RevokeSecurityGroupIngress effective', lambda: e.describe_security_groups(GroupIds=[gid]), lambda x: req(n=(1, len(x['SecurityGroups'][0]['IpPermissions']))))
    # nacl
    na = T(S, 'CreateNetworkAcl', lambda: e.create_network_acl(VpcId=vid, TagSpecifications=TS('network-acl', Name='n')), lambda x: req(t=({'Name': 'n'}, tags(x['NetworkAcl'].get('Tags'))), default=(2, len(x['NetworkAcl'].get('Entries', [])))))
    nid = na['NetworkAcl']['NetworkAclId'] if na else None
    T(S, 'CreateNetworkAclEntry', lambda: e.create_network_acl_entry(NetworkAclId=nid, RuleNumber=100, Protocol='6', RuleAction='allow', Egress=False, CidrBlock='10.0.0.0/16', PortRange={'From': 443, 'To': 443}))
    X(S, 'CreateNetworkAclEntry dup -> NetworkAclEntryAlreadyExists', 'NetworkAclEntryAlreadyExists', lambda: e.create_network_acl_entry(NetworkAclId=nid, RuleNumber=100, Protocol='6', RuleAction='allow', Egress=False, CidrBlock='10.0.0.0/16', PortRange={'From': 443, 'To': 443}))
    T(S, 'ReplaceNetworkAclEntry', lambda: (e.replace_network_acl_entry(NetworkAclId=nid, RuleNumber=100, Protocol='6', RuleAction='deny', Egress=False, CidrBlock='10.0.0.0/16', PortRange={'From': 443, 'To': 443}), e.describe_network_acls(NetworkAclIds=[nid]))[1], lambda x: req(a=(['deny'], [q['RuleAction'] for q in x['NetworkAcls'][0]['Entries'] if q['RuleNumber'] == 100])))
    T(S, 'ReplaceNetworkAclAssociation', lambda: (lambda aid: e.replace_network_acl_association(AssociationId=aid, NetworkAclId=nid))([q['NetworkAclAssociationId'] for n in e.describe_network_acls(Filters=[{'Name': 'association.subnet-id', 'Values': [c['s1']]}])['NetworkAcls'] for q in n['Associations'] if q['SubnetId'] == c['s1']][0]), lambda x: req(a=(True, bool(x.get('NewAssociationId')))))
    T(S, 'DeleteNetworkAclEntry', lambda: e.delete_network_acl_entry(NetworkAclId=nid, RuleNumber=100, Egress=False))
    # endpoints
    vp = POL({'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', 'Resource': 'arn:aws:s3:::b/*'})
    g = T(S, 'CreateVpcEndpoint(gateway S3 + policy)', lambda: e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='Gateway', ServiceName=f'com.amazonaws.{r}.s3', RouteTableIds=[rid], PolicyDocument=vp, ClientToken='tok' + U, TagSpecifications=TS('vpc-endpoint', Name='g')), lambda x: req(rt=([rid], x['VpcEndpoint'].get('RouteTableIds')), pol=(json.loads(vp), json.loads(x['VpcEndpoint'].get('PolicyDocument') or '{}')), t=({'Name': 'g'}, tags(x['VpcEndpoint'].get('Tags')))))
    T(S, 'CreateVpcEndpoint ClientToken idempotent', lambda: e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='Gateway', ServiceName=f'com.amazonaws.{r}.s3', RouteTableIds=[rid], PolicyDocument=vp, ClientToken='tok' + U), lambda x: req(id=(g['VpcEndpoint']['VpcEndpointId'], x['VpcEndpoint']['VpcEndpointId'])))
    X(S, 'CreateVpcEndpoint gateway dup route table -> RouteAlreadyExists', 'RouteAlreadyExists', lambda: e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='Gateway', ServiceName=f'com.amazonaws.{r}.s3', RouteTableIds=[rid]))
    T(S, 'Gateway endpoint adds prefix-list route', lambda: e.describe_route_tables(RouteTableIds=[rid]), lambda x: None if any(q.get('GatewayId', '').startswith('vpce-') for q in x['RouteTables'][0]['Routes']) else 'no vpce route in route table')
    i = T(S, 'CreateVpcEndpoint(interface)', lambda: e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='Interface', ServiceName=f'com.amazonaws.{r}.kms', SubnetIds=[c['s1'], c['s2']], SecurityGroupIds=[gid], PrivateDnsEnabled=True, IpAddressType='ipv4'), lambda x: req(sub=({c['s1'], c['s2']}, set(x['VpcEndpoint'].get('SubnetIds', []))), pd=(True, x['VpcEndpoint'].get('PrivateDnsEnabled')), grp=([gid], [q.get('GroupId') for q in x['VpcEndpoint'].get('Groups', [])]), dns=(True, bool(x['VpcEndpoint'].get('DnsEntries'))), eni=(2, len(x['VpcEndpoint'].get('NetworkInterfaceIds', [])))))
    iid = i['VpcEndpoint']['VpcEndpointId'] if i else None; c['vpce'] = iid
    X(S, 'CreateVpcEndpoint bad service -> InvalidServiceName', 'InvalidServiceName', lambda: e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='Interface', ServiceName=f'com.amazonaws.{r}.nosuchsvc', SubnetIds=[c['s1']]))
    T(S, 'ModifyVpcEndpoint(policy)', lambda: (e.modify_vpc_endpoint(VpcEndpointId=iid, PolicyDocument=vp), e.describe_vpc_endpoints(VpcEndpointIds=[iid]))[1], lambda x: req(pol=(json.loads(vp), json.loads(x['VpcEndpoints'][0].get('PolicyDocument') or '{}')), st=('available', x['VpcEndpoints'][0]['State'])))
    T(S, 'ModifyVpcEndpoint(subnets,sg)', lambda: (e.modify_vpc_endpoint(VpcEndpointId=iid, RemoveSubnetIds=[c['s2']]), e.describe_vpc_endpoints(VpcEndpointIds=[iid]))[1], lambda x: req(s=([c['s1']], x['VpcEndpoints'][0].get('SubnetIds'))))
    X(S, 'CreateRoute(interface VPCE) -> RouteNotSupported/InvalidParameter', ['RouteNotSupported', 'InvalidParameterValue', 'InvalidVpcEndpointId.NotFound'], lambda: e.create_route(RouteTableId=rid, DestinationCidrBlock='172.21.0.0/16', VpcEndpointId=iid)); T(S, 'CreateRoute(GWLB VPCE)', lambda: (lambda w: e.create_route(RouteTableId=rid, DestinationCidrBlock='172.20.0.0/16', VpcEndpointId=w))(e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='GatewayLoadBalancer', ServiceName=f'com.amazonaws.vpce.{r}.vpce-svc-0123456789abcdef0', SubnetIds=[c['s2']])['VpcEndpoint']['VpcEndpointId'])); T(S, 'DescribeRouteTables VPCE route', lambda: e.describe_route_tables(RouteTableIds=[rid]), lambda x: None if any(q.get('DestinationCidrBlock') == '172.20.0.0/16' for q in x['RouteTables'][0]['Routes']) else 'route missing')
    T(S, 'DescribeVpcEndpointServices', lambda: e.describe_vpc_endpoint_services(ServiceNames=[f'com.amazonaws.{r}.s3']), lambda x: req(n=(True, len(x['ServiceDetails']) >= 1)))
    T(S, 'DeleteVpcEndpoints', lambda: e.delete_vpc_endpoints(VpcEndpointIds=[g['VpcEndpoint']['VpcEndpointId']]), lambda x: req(u=([], x.get('Unsuccessful', []))))
    nlb = T('elbv2', 'CreateLoadBalancer(network)', lambda: cl('elbv2', r).create_load_balancer(Name='nlb' + U, Type='network', Scheme='internal', Subnets=[c['s1']]))
    es = T(S, 'CreateVpcEndpointServiceConfiguration', lambda: e.create_vpc_endpoint_service_configuration(NetworkLoadBalancerArns=[nlb['LoadBalancers'][0]['LoadBalancerArn']], AcceptanceRequired=True, TagSpecifications=TS('vpc-endpoint-service', Name='es')), lambda x: req(acc=(True, x['ServiceConfiguration']['AcceptanceRequired']), t=({'Name': 'es'}, tags(x['ServiceConfiguration'].get('Tags')))))
    esid = es['ServiceConfiguration']['ServiceId'] if es else None
    T(S, 'ModifyVpcEndpointServicePermissions', lambda: (e.modify_vpc_endpoint_service_permissions(ServiceId=esid, AddAllowedPrincipals=['arn:aws:iam::111111111111:root']), e.describe_vpc_endpoint_service_permissions(ServiceId=esid))[1], lambda x: req(p=(['arn:aws:iam::111111111111:root'], [q['Principal'] for q in x['AllowedPrincipals']])))
    T(S, 'CreateVpcEndpoint to own service', lambda: e.create_vpc_endpoint(VpcId=vid, VpcEndpointType='Interface', ServiceName=es['ServiceConfiguration']['ServiceName'], SubnetIds=[c['s1']]), lambda x: req(st=('pendingAcceptance', x['VpcEndpoint']['State'])))
    T(S, 'DescribeVpcEndpointConnections', lambda: e.describe_vpc_endpoint_connections(), lambda x: req(n=(True, len(x['VpcEndpointConnections']) >= 1))); T(S, 'AcceptVpcEndpointConnections', lambda: e.accept_vpc_endpoint_connections(ServiceId=esid, VpcEndpointIds=[iid]))
    T('logs', 'CreateLogGroup', lambda: cl('logs', r).create_log_group(logGroupName='/fl/' + U))
    fl = T(S, 'CreateFlowLogs(CWL)', lambda: e.create_flow_logs(ResourceIds=[vid], ResourceType='VPC', TrafficType='ALL', LogDestinationType='cloud-watch-logs', LogGroupName='/fl/' + U, DeliverLogsPermissionArn=f'arn:aws:iam::{ACCT}:role/fl', MaxAggregationInterval=60, TagSpecifications=TS('vpc-flow-log', Name='fl')), lambda x: req(n=(1, len(x['FlowLogIds'])), u=([], x.get('Unsuccessful', []))))
    T(S, 'DescribeFlowLogs', lambda: e.describe_flow_logs(Filter=[{'Name': 'resource-id', 'Values': [vid]}]), lambda x: req(n=(1, len(x['FlowLogs'])), m=(60, x['FlowLogs'][0].get('MaxAggregationInterval')), t=({'Name': 'fl'}, tags(x['FlowLogs'][0].get('Tags')))))
    T(S, 'DeleteFlowLogs', lambda: e.delete_flow_logs(FlowLogIds=fl['FlowLogIds']))
    T(S, 'Get/Enable EbsEncryptionByDefault', lambda: (e.enable_ebs_encryption_by_default(), e.get_ebs_encryption_by_default())[1], lambda x: req(v=(True, x['EbsEncryptionByDefault'])))
    T(S, 'ModifyEbsDefaultKmsKeyId', lambda: e.modify_ebs_default_kms_key_id(KmsKeyId=c['key']), lambda x: req(k=(c['key'], x['KmsKeyId']))); T(S, 'GetEbsDefaultKmsKeyId', lambda: e.get_ebs_default_kms_key_id(), lambda x: req(k=(c['key'], x['KmsKeyId'])))
    T(S, 'EBS default encryption applied to CreateVolume', lambda: e.create_volume(AvailabilityZone=r + 'a', Size=1), lambda x: req(e=(True, x['Encrypted']), k=(c['key'], x.get('KmsKeyId'))))
    T(S, 'DisableEbsEncryptionByDefault', lambda: e.disable_ebs_encryption_by_default())
    ami = T(S, 'DescribeImages(amazon)', lambda: e.describe_images(Owners=['amazon']), lambda x: req(n=(True, len(x['Images']) > 0)))
    amiid = ami['Images'][0]['ImageId'] if ami and ami['Images'] else 'ami-12345678'
    ins = T(S, 'RunInstances', lambda: e.run_instances(ImageId=amiid, MinCount=1, MaxCount=1, InstanceType='t3.micro', SubnetId=c['s1'], SecurityGroupIds=[gid], ClientToken='ri' + U, BlockDeviceMappings=[{'DeviceName': '/dev/sda1', 'Ebs': {'VolumeSize': 8, 'Encrypted': True, 'KmsKeyId': c['key']}}], MetadataOptions={'HttpTokens': 'required'}, TagSpecifications=TS('instance', Name='i') + TS('volume', Name='vol')), lambda x: req(st=('pending', x['Instances'][0]['State']['Name']), t=({'Name': 'i'}, tags(x['Instances'][0].get('Tags'))), md=('required', x['Instances'][0].get('MetadataOptions', {}).get('HttpTokens'))))
    inid = ins['Instances'][0]['InstanceId'] if ins else None
    # The second request has to be the first one again: with other parameters AWS answers IdempotentParameterMismatch,
    # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    T(S, 'RunInstances ClientToken idempotent', lambda: e.run_instances(ImageId=amiid, MinCount=1, MaxCount=1, InstanceType='t3.micro', SubnetId=c['s1'], SecurityGroupIds=[gid], ClientToken='ri' + U, BlockDeviceMappings=[{'DeviceName': '/dev/sda1', 'Ebs': {'VolumeSize': 8, 'Encrypted': True, 'KmsKeyId': c['key']}}], MetadataOptions={'HttpTokens': 'required'}, TagSpecifications=TS('instance', Name='i') + TS('volume', Name='vol')), lambda x: req(i=(inid, x['Instances'][0]['InstanceId'])))
    T(S, 'DescribeInstances state running', lambda: e.describe_instances(InstanceIds=[inid]), lambda x: req(s=('running', x['Reservations'][0]['Instances'][0]['State']['Name'])))
    T(S, 'RunInstances volume enc+tags', lambda: e.describe_volumes(Filters=[{'Name': 'attachment.instance-id', 'Values': [inid]}]), lambda x: req(n=(1, len(x['Volumes'])), e=(True, x['Volumes'][0]['Encrypted']), k=(c['key'], x['Volumes'][0].get('KmsKeyId')), t=({'Name': 'vol'}, tags(x['Volumes'][0].get('Tags')))))
    X(S, 'RunInstances unknown AMI -> InvalidAMIID.NotFound', 'InvalidAMIID.NotFound', lambda: e.run_instances(ImageId='ami-0123456789abcdef0', MinCount=1, MaxCount=1, SubnetId=c['s1']))
    X(S, 'DeleteSubnet with instance -> DependencyViolation', 'DependencyViolation', lambda: (lambda sx: (e.run_instances(ImageId=amiid, MinCount=1, MaxCount=1, SubnetId=sx), e.delete_subnet(SubnetId=sx))[1])(e.create_subnet(VpcId=vid, CidrBlock='10.0.200.0/24')['Subnet']['SubnetId']))
    X(S, 'DeleteSecurityGroup in use -> DependencyViolation', 'DependencyViolation', lambda: (lambda gx: (e.run_instances(ImageId=amiid, MinCount=1, MaxCount=1, SubnetId=c['s2'], SecurityGroupIds=[gx]), e.delete_security_group(GroupId=gx))[1])(e.create_security_group(GroupName='tmp' + U, Description='d', VpcId=vid)['GroupId']))
    vo = T(S, 'CreateVolume(encrypted,KMS)', lambda: e.create_volume(AvailabilityZone=r + 'a', Size=1, VolumeType='gp3', Encrypted=True, KmsKeyId=c['key'], TagSpecifications=TS('volume', Name='v')), lambda x: req(e=(True, x['Encrypted']), k=(c['key'], x.get('KmsKeyId')), t=({'Name': 'v'}, tags(x.get('Tags')))))
    sn = T(S, 'CreateSnapshot', lambda: e.create_snapshot(VolumeId=vo['VolumeId'], Description='d', TagSpecifications=TS('snapshot', Name='sn', u=U)), lambda x: req(e=(True, x['Encrypted']), st=('pending', x['State']), t=({'Name': 'sn', 'u': U}, tags(x.get('Tags')))))
    T(S, 'DescribeSnapshots(self,tag)', lambda: e.describe_snapshots(OwnerIds=['self'], Filters=[{'Name': 'tag:u', 'Values': [U]}]), lambda x: req(n=(1, len(x['Snapshots'])), st=('completed', x['Snapshots'][0]['State']), k=(c['key'], x['Snapshots'][0].get('KmsKeyId')), pr=('100%', x['Snapshots'][0].get('Progress'))))
    T(S, 'CreateSnapshots(instance)', lambda: e.create_snapshots(InstanceSpecification={'InstanceId': inid}, TagSpecifications=TS('snapshot', Name='ms')), lambda x: req(n=(1, len(x['Snapshots'])), t=({'Name': 'ms'}, tags(x['Snapshots'][0].get('Tags')))))
    eo = cl('ec2', other); okey = None
    try: okey = cl('kms', other).create_key()['KeyMetadata']['Arn']
    except Exception: pass
    cs = T(S, 'CopySnapshot(x-region,KmsKeyId)', lambda: eo.copy_snapshot(SourceRegion=r, SourceSnapshotId=sn['SnapshotId'], Encrypted=True, KmsKeyId=okey, Description='copy', TagSpecifications=TS('snapshot', Name='cp', u='c' + U)), lambda x: req(t=({'Name': 'cp', 'u': 'c' + U}, tags(x.get('Tags')))))
    T(S, 'CopySnapshot: copy carries dest key', lambda: eo.describe_snapshots(SnapshotIds=[cs['SnapshotId']]), lambda x: req(e=(True, x['Snapshots'][0]['Encrypted']), k=(okey, x['Snapshots'][0].get('KmsKeyId')), d=('copy', x['Snapshots'][0]['Description'])))
    X(S, 'CopySnapshot foreign-region key -> InvalidParameter*', ['InvalidParameterValue', 'InvalidParameterCombination', 'InvalidParameterDependency', 'InvalidKmsKeyId.Malformed', 'InvalidParameter', 'Client.InvalidKmsKey.InvalidState'], lambda: eo.copy_snapshot(SourceRegion=r, SourceSnapshotId=sn['SnapshotId'], Encrypted=True, KmsKeyId=c['key']))
    X(S, 'CopySnapshot unknown -> InvalidSnapshot.NotFound', 'InvalidSnapshot.NotFound', lambda: eo.copy_snapshot(SourceRegion=r, SourceSnapshotId='snap-0123456789abcdef0'))
    ci = T(S, 'CreateImage(NoReboot)', lambda: e.create_image(InstanceId=inid, Name='img' + U, NoReboot=True, TagSpecifications=TS('image', u=U)))
    T(S, 'CreateImage(TagSpecifications snapshot)', lambda: e.create_image(InstanceId=inid, Name='imgs' + U, NoReboot=True, TagSpecifications=TS('image', u='i2' + U) + TS('snapshot', u='is' + U)))
    # Osaka has the copy that Tokyo's rows made there as well, with its tags: the row asks for its own image.
    T(S, 'DescribeImages(self,tag)', lambda: e.describe_images(Owners=['self'], Filters=[{'Name': 'tag:u', 'Values': [U]}, {'Name': 'image-id', 'Values': [ci['ImageId']]}]), lambda x: req(n=(1, len(x['Images'])), s=('available', x['Images'][0]['State']), snap=(True, bool(x['Images'][0]['BlockDeviceMappings'] and x['Images'][0]['BlockDeviceMappings'][0].get('Ebs', {}).get('SnapshotId')))))
    T(S, 'CreateImage: snapshot tagged', lambda: e.describe_snapshots(OwnerIds=['self'], Filters=[{'Name': 'tag:u', 'Values': ['is' + U]}]), lambda x: req(n=(1, len(x['Snapshots']))))
    X(S, 'CreateImage dup name -> InvalidAMIName.Duplicate', 'InvalidAMIName.Duplicate', lambda: e.create_image(InstanceId=inid, Name='img' + U, NoReboot=True))
    cpi = T(S, 'CopyImage(x-region,encrypted)', lambda: eo.copy_image(Name='cp' + U, SourceRegion=r, SourceImageId=ci['ImageId'], Encrypted=True, KmsKeyId=okey, CopyImageTags=True, ClientToken='ct' + U))
    T(S, 'CopyImage: BDM encrypted with dest key', lambda: (lambda im: (im, eo.describe_snapshots(SnapshotIds=[im['BlockDeviceMappings'][0]['Ebs']['SnapshotId']])['Snapshots'][0]))(eo.describe_images(ImageIds=[cpi['ImageId']])['Images'][0]), lambda x: req(bdm=(True, x[0]['BlockDeviceMappings'][0]['Ebs'].get('Encrypted')), se=(True, x[1]['Encrypted']), k=(okey, x[1].get('KmsKeyId')), tags=({'u': U}, tags(x[0].get('Tags')))))
    T(S, 'CopyImage ClientToken idempotent', lambda: eo.copy_image(Name='cp' + U, SourceRegion=r, SourceImageId=ci['ImageId'], Encrypted=True, KmsKeyId=okey, CopyImageTags=True, ClientToken='ct' + U), lambda x: req(i=(cpi['ImageId'], x['ImageId'])))
    T(S, 'ModifyImageAttribute(launchPermission)', lambda: (e.modify_image_attribute(ImageId=ci['ImageId'], LaunchPermission={'Add': [{'UserId': '111111111111'}]}), e.describe_image_attribute(ImageId=ci['ImageId'], Attribute='launchPermission'))[1], lambda x: req(p=(['111111111111'], [q.get('UserId') for q in x['LaunchPermissions']])))
    X(S, 'DeleteSnapshot in use by AMI -> InvalidSnapshot.InUse', 'InvalidSnapshot.InUse', lambda: (lambda s: e.delete_snapshot(SnapshotId=s))(e.describe_images(ImageIds=[ci['ImageId']])['Images'][0]['BlockDeviceMappings'][0]['Ebs']['SnapshotId']))
    T(S, 'DeregisterImage', lambda: (e.deregister_image(ImageId=ci['ImageId']), e.describe_images(Owners=['self'], Filters=[{'Name': 'tag:u', 'Values': [U]}, {'Name': 'image-id', 'Values': [ci['ImageId']]}]))[1], lambda x: req(n=(0, len(x['Images']))))
    T(S, 'DeleteSnapshot', lambda: e.delete_snapshot(SnapshotId=sn['SnapshotId'])); X(S, 'DeleteSnapshot missing -> InvalidSnapshot.NotFound', 'InvalidSnapshot.NotFound', lambda: e.delete_snapshot(SnapshotId=sn['SnapshotId']))
    T(S, 'CreateTags/DeleteTags', lambda: (e.create_tags(Resources=[vid], Tags=[{'Key': 'k', 'Value': 'v'}]), e.delete_tags(Resources=[vid], Tags=[{'Key': 'k', 'Value': 'v'}]), e.describe_tags(Filters=[{'Name': 'resource-id', 'Values': [vid]}]))[2], lambda x: req(t=({'Name': 'v' + U, 'tenant': 't1'}, tags(x['Tags']))))
    X(S, 'CreateTags unknown resource -> InvalidVpcID.NotFound', ['InvalidVpcID.NotFound', 'InvalidID'], lambda: e.create_tags(Resources=['vpc-0123456789abcdef0'], Tags=[{'Key': 'k', 'Value': 'v'}]))
    vg = T(S, 'CreateVpnGateway/Attach', lambda: (lambda g: (e.attach_vpn_gateway(VpcId=vid, VpnGatewayId=g), g)[1])(e.create_vpn_gateway(Type='ipsec.1', TagSpecifications=TS('vpn-gateway', Name='vg'))['VpnGateway']['VpnGatewayId']))
    T(S, 'DescribeVpnGateways', lambda: e.describe_vpn_gateways(VpnGatewayIds=[vg]), lambda x: req(a=('attached', x['VpnGateways'][0]['VpcAttachments'][0]['State']), t=({'Name': 'vg'}, tags(x['VpnGateways'][0].get('Tags')))))
    T(S, 'EnableVgwRoutePropagation', lambda: e.enable_vgw_route_propagation(RouteTableId=rid, GatewayId=vg))
    d = cl('directconnect', r)
    dg = T('directconnect', 'CreateDirectConnectGateway', lambda: d.create_direct_connect_gateway(directConnectGatewayName='dx' + U, amazonSideAsn=64600)); dgid = dg['directConnectGateway']['directConnectGatewayId'] if dg else None
    T('directconnect', 'DescribeDirectConnectGateways', lambda: d.describe_direct_connect_gateways())
    T('directconnect', 'CreateDirectConnectGatewayAssociation', lambda: d.create_direct_connect_gateway_association(directConnectGatewayId=dgid, gatewayId=vg)); T('directconnect', 'DescribeDirectConnectGatewayAssociations', lambda: d.describe_direct_connect_gateway_associations(directConnectGatewayId=dgid))
    dh = T(S, 'CreateDhcpOptions', lambda: e.create_dhcp_options(DhcpConfigurations=[{'Key': 'domain-name-servers', 'Values': ['10.0.0.2']}, {'Key': 'domain-name', 'Values': ['x.local']}], TagSpecifications=TS('dhcp-options', Name='dh')), lambda x: req(t=({'Name': 'dh'}, tags(x['DhcpOptions'].get('Tags')))))
    T(S, 'DescribeDhcpOptions tags stored', lambda: e.describe_dhcp_options(DhcpOptionsIds=[dh['DhcpOptions']['DhcpOptionsId']]), lambda x: req(t=({'Name': 'dh'}, tags(x['DhcpOptions'][0].get('Tags')))))
    T(S, 'AssociateDhcpOptions', lambda: (e.associate_dhcp_options(DhcpOptionsId=dh['DhcpOptions']['DhcpOptionsId'], VpcId=vid), e.describe_vpcs(VpcIds=[vid]))[1], lambda x: req(d=(dh['DhcpOptions']['DhcpOptionsId'], x['Vpcs'][0].get('DhcpOptionsId'))))
    T(S, 'AssociateDhcpOptions(default)', lambda: e.associate_dhcp_options(DhcpOptionsId='default', VpcId=vid))
    T(S, 'DeleteTransitGatewayVpcAttachment', lambda: (e.disassociate_transit_gateway_route_table(TransitGatewayRouteTableId=tid, TransitGatewayAttachmentId=taid), e.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=taid))[1], lambda x: req(s=(True, x['TransitGatewayVpcAttachment']['State'] in ('deleting', 'deleted'))))
    X(S, 'DeleteTransitGateway unknown -> InvalidTransitGatewayID.NotFound', 'InvalidTransitGatewayID.NotFound', lambda: e.delete_transit_gateway(TransitGatewayId='tgw-0123456789abcdef0'))
    T(S, 'TerminateInstances', lambda: e.terminate_instances(InstanceIds=[inid]), lambda x: req(s=('shutting-down', x['TerminatingInstances'][0]['CurrentState']['Name'])))
    T(S, 'DeleteVpc(empty)', lambda: (lambda q: e.delete_vpc(VpcId=q))(e.create_vpc(CidrBlock='10.8.0.0/16')['Vpc']['VpcId']))
    T(S, 'AllocateAddress/NatGateway', lambda: (lambda al: e.create_nat_gateway(SubnetId=c['s2'], AllocationId=al))(e.allocate_address(Domain='vpc')['AllocationId']))

def t_s3(r):
    s = cl('s3', r); c = C[r]; S = 's3'; b = f'b-{U}-{r}'; c['bucket'] = b; loc = {'LocationConstraint': r}; other = [x for x in REGS if x != r][0] if len(REGS) > 1 else 'ap-northeast-3'
    T(S, 'CreateBucket(location,objectlock)', lambda: s.create_bucket(Bucket=b, CreateBucketConfiguration=loc, ObjectLockEnabledForBucket=True))
    T(S, 'CreateBucket w/ Tags in CreateBucketConfiguration', lambda: (s.create_bucket(Bucket=b + '-t', CreateBucketConfiguration={**loc, 'Tags': [{'Key': 'a', 'Value': 'b'}]}), s.get_bucket_tagging(Bucket=b + '-t'))[1], lambda x: req(t=({'a': 'b'}, tags(x['TagSet']))))
    X(S, 'CreateBucket no LocationConstraint -> IllegalLocationConstraintException', 'IllegalLocationConstraintException', lambda: s.create_bucket(Bucket=b + '-n'))
    X(S, 'CreateBucket again -> BucketAlreadyOwnedByYou', 'BucketAlreadyOwnedByYou', lambda: s.create_bucket(Bucket=b, CreateBucketConfiguration=loc))
    X(S, 'CreateBucket bad name -> InvalidBucketName', 'InvalidBucketName', lambda: s.create_bucket(Bucket='UP_case', CreateBucketConfiguration=loc))
    T(S, 'GetBucketLocation', lambda: s.get_bucket_location(Bucket=b), lambda x: req(l=(r, x['LocationConstraint'])))
    T(S, 'HeadBucket(region)', lambda: s.head_bucket(Bucket=b), lambda x: req(l=(r, x.get('BucketRegion'))))
    X(S, 'HeadBucket missing -> 404', '404', lambda: s.head_bucket(Bucket='nope' + U)); X(S, 'HeadBucket ExpectedBucketOwner mismatch -> 403', '403', lambda: s.head_bucket(Bucket=b, ExpectedBucketOwner='111111111111'))
    X(S, 'HeadBucket wrong region -> 301', ['301', '400'], lambda: cl('s3', other).head_bucket(Bucket=b))
    T(S, 'GetObjectLockConfiguration', lambda: s.get_object_lock_configuration(Bucket=b), lambda x: req(e=('Enabled', x['ObjectLockConfiguration']['ObjectLockEnabled'])))
    T(S, 'PutObjectLockConfiguration', lambda: (s.put_object_lock_configuration(Bucket=b, ObjectLockConfiguration={'ObjectLockEnabled': 'Enabled', 'Rule': {'DefaultRetention': {'Mode': 'GOVERNANCE', 'Days': 1}}}), s.get_object_lock_configuration(Bucket=b))[1], lambda x: req(d=({'Mode': 'GOVERNANCE', 'Days': 1}, x['ObjectLockConfiguration'].get('Rule', {}).get('DefaultRetention'))))
    T(S, 'Versioning on with objectlock', lambda: s.get_bucket_versioning(Bucket=b), lambda x: req(v=('Enabled', x.get('Status'))))
    b2 = b + '-2'; T(S, 'CreateBucket(plain)', lambda: s.create_bucket(Bucket=b2, CreateBucketConfiguration=loc))
    for op, code, fn in [('GetBucketPolicy', 'NoSuchBucketPolicy', s.get_bucket_policy), ('GetPublicAccessBlock(none; AWS default is present, error only after delete)', 'NoSuchPublicAccessBlockConfiguration', lambda Bucket: (s.delete_public_access_block(Bucket=Bucket), s.get_public_access_block(Bucket=Bucket))[1]), ('GetBucketTagging', 'NoSuchTagSet', s.get_bucket_tagging), ('GetBucketLifecycleConfiguration', 'NoSuchLifecycleConfiguration', s.get_bucket_lifecycle_configuration), ('GetBucketReplication', 'ReplicationConfigurationNotFoundError', s.get_bucket_replication), ('GetBucketCors', 'NoSuchCORSConfiguration', s.get_bucket_cors), ('GetObjectLockConfiguration', 'ObjectLockConfigurationNotFoundError', s.get_object_lock_configuration), ('GetBucketWebsite', 'NoSuchWebsiteConfiguration', s.get_bucket_website)]:
        X(S, f'{op} unset -> {code}', code, lambda fn=fn: fn(Bucket=b2))
    T(S, 'New bucket: default PAB all true', lambda: (s.create_bucket(Bucket=b + '-3', CreateBucketConfiguration=loc), s.get_public_access_block(Bucket=b + '-3'))[1], lambda x: req(p=(True, all(x['PublicAccessBlockConfiguration'].values()))))
    T(S, 'New bucket: default ownership BucketOwnerEnforced', lambda: s.get_bucket_ownership_controls(Bucket=b + '-3'), lambda x: req(o=('BucketOwnerEnforced', x['OwnershipControls']['Rules'][0]['ObjectOwnership'])))
    T(S, 'New bucket: default encryption AES256', lambda: s.get_bucket_encryption(Bucket=b + '-3'), lambda x: req(o=('AES256', x['ServerSideEncryptionConfiguration']['Rules'][0]['ApplyServerSideEncryptionByDefault']['SSEAlgorithm'])))
    raw = '{ "Version": "2012-10-17",  "Statement": [{"Sid":"a","Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::%s","arn:aws:s3:::%s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}' % (b2, b2)
    T(S, 'PutBucketPolicy/GetBucketPolicy', lambda: (s.put_bucket_policy(Bucket=b2, Policy=raw), s.get_bucket_policy(Bucket=b2))[1], lambda x: req(p=(json.loads(raw), json.loads(x['Policy']))))
    T(S, 'PutBucketPolicy normalised (compacted as AWS does)', lambda: s.get_bucket_policy(Bucket=b2), lambda x: None if x['Policy'] != raw else 'returned byte-for-byte as sent (AWS compacts whitespace, singletons->scalar, account id -> root ARN)')
    X(S, 'PutBucketPolicy bad JSON -> MalformedPolicy', 'MalformedPolicy', lambda: s.put_bucket_policy(Bucket=b2, Policy='{nope'))
    X(S, 'PutBucketPolicy no Version/Effect -> MalformedPolicy', 'MalformedPolicy', lambda: s.put_bucket_policy(Bucket=b2, Policy='{"Statement":[{"Principal":"*"}]}'))
    X(S, 'PutBucketPolicy resource of another bucket -> MalformedPolicy', 'MalformedPolicy', lambda: s.put_bucket_policy(Bucket=b2, Policy=POL({'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', 'Resource': 'arn:aws:s3:::other/*'})))
    X(S, 'PutBucketPolicy unknown principal -> MalformedPolicy', 'MalformedPolicy', lambda: s.put_bucket_policy(Bucket=b2, Policy=POL({'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCT}:role/does-not-exist'}, 'Action': 's3:GetObject', 'Resource': f'arn:aws:s3:::{b2}/*'})))
    T(S, 'PublicAccessBlock put/get', lambda: (s.put_public_access_block(Bucket=b2, PublicAccessBlockConfiguration=dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True)), s.get_public_access_block(Bucket=b2))[1], lambda x: req(p=(True, all(x['PublicAccessBlockConfiguration'].values()) and len(x['PublicAccessBlockConfiguration']) == 4)))
    X(S, 'PutBucketPolicy public while BlockPublicPolicy -> AccessDenied', 'AccessDenied', lambda: s.put_bucket_policy(Bucket=b2, Policy=POL({'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', 'Resource': f'arn:aws:s3:::{b2}/*'})))
    T(S, 'GetBucketPolicyStatus', lambda: s.get_bucket_policy_status(Bucket=b2), lambda x: req(p=(True, 'IsPublic' in x['PolicyStatus'])))
    T(S, 'DeleteBucketPolicy', lambda: s.delete_bucket_policy(Bucket=b2)); X(S, 'GetBucketPolicy after delete -> NoSuchBucketPolicy', 'NoSuchBucketPolicy', lambda: s.get_bucket_policy(Bucket=b2))
    enc = {'Rules': [{'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'aws:kms', 'KMSMasterKeyID': c.get('key', 'k')}, 'BucketKeyEnabled': True}]}
    T(S, 'PutBucketEncryption(SSE-KMS,BucketKey)', lambda: (s.put_bucket_encryption(Bucket=b2, ServerSideEncryptionConfiguration=enc), s.get_bucket_encryption(Bucket=b2))[1], lambda x: req(alg=('aws:kms', x['ServerSideEncryptionConfiguration']['Rules'][0]['ApplyServerSideEncryptionByDefault']['SSEAlgorithm']), k=(c.get('key'), x['ServerSideEncryptionConfiguration']['Rules'][0]['ApplyServerSideEncryptionByDefault'].get('KMSMasterKeyID')), bk=(True, x['ServerSideEncryptionConfiguration']['Rules'][0].get('BucketKeyEnabled'))))
    T(S, 'PutObject inherits default SSE-KMS', lambda: (s.put_object(Bucket=b2, Key='k', Body=b'x'), s.head_object(Bucket=b2, Key='k'))[1], lambda x: req(a=('aws:kms', x.get('ServerSideEncryption')), k=(c.get('key'), x.get('SSEKMSKeyId')), bk=(True, x.get('BucketKeyEnabled'))))
    T(S, 'PutObject SSE-KMS explicit', lambda: s.put_object(Bucket=b, Key='k2', Body=b'x', ServerSideEncryption='aws:kms', SSEKMSKeyId=c['key'], BucketKeyEnabled=True), lambda x: req(a=('aws:kms', x.get('ServerSideEncryption')), k=(c.get('key'), x.get('SSEKMSKeyId')), bk=(True, x.get('BucketKeyEnabled'))))
    X(S, 'PutObject unknown KMS key -> KMS.NotFoundException', 'KMS.NotFoundException', lambda: s.put_object(Bucket=b, Key='k3', Body=b'x', ServerSideEncryption='aws:kms', SSEKMSKeyId=f'arn:aws:kms:{r}:{ACCT}:key/{uuid.uuid4()}'))
    T(S, 'Versioning put/get', lambda: (s.put_bucket_versioning(Bucket=b2, VersioningConfiguration={'Status': 'Enabled'}), s.get_bucket_versioning(Bucket=b2))[1], lambda x: req(v=('Enabled', x.get('Status'))))
    lc = {'Rules': [{'ID': 'x', 'Status': 'Enabled', 'Filter': {'Prefix': 'p/'}, 'Transitions': [{'Days': 30, 'StorageClass': 'GLACIER_IR'}], 'NoncurrentVersionExpiration': {'NoncurrentDays': 30, 'NewerNoncurrentVersions': 3}, 'AbortIncompleteMultipartUpload': {'DaysAfterInitiation': 7}}, {'ID': 'y', 'Status': 'Enabled', 'Filter': {'And': {'Prefix': 'q/', 'Tags': [{'Key': 'a', 'Value': 'b'}], 'ObjectSizeGreaterThan': 10}}, 'Expiration': {'Days': 365}}]}
    T(S, 'LifecycleConfiguration round-trip', lambda: (s.put_bucket_lifecycle_configuration(Bucket=b2, LifecycleConfiguration=lc), s.get_bucket_lifecycle_configuration(Bucket=b2))[1], lambda x: [d for w in lc['Rules'] for d in diff(w, {q['ID']: q for q in x['Rules']}.get(w['ID'], {}), w['ID'])])
    X(S, 'Lifecycle no action -> InvalidRequest/MalformedXML', ['InvalidRequest', 'MalformedXML'], lambda: s.put_bucket_lifecycle_configuration(Bucket=b2, LifecycleConfiguration={'Rules': [{'ID': 'x', 'Status': 'Enabled', 'Filter': {'Prefix': ''}}]}))
    T(S, 'OwnershipControls put/get', lambda: (s.put_bucket_ownership_controls(Bucket=b2, OwnershipControls={'Rules': [{'ObjectOwnership': 'BucketOwnerEnforced'}]}), s.get_bucket_ownership_controls(Bucket=b2))[1], lambda x: req(o=('BucketOwnerEnforced', x['OwnershipControls']['Rules'][0]['ObjectOwnership'])))
    X(S, 'OwnershipControls after delete -> OwnershipControlsNotFoundError', 'OwnershipControlsNotFoundError', lambda: (s.delete_bucket_ownership_controls(Bucket=b2), s.get_bucket_ownership_controls(Bucket=b2))[1])
    T(S, 'Tagging put/get', lambda: (s.put_bucket_tagging(Bucket=b2, Tagging={'TagSet': [{'Key': 'tenant', 'Value': U}]}), s.get_bucket_tagging(Bucket=b2))[1], lambda x: req(t=({'tenant': U}, tags(x['TagSet']))))
    X(S, 'Tagging duplicate keys -> InvalidTag/MalformedXML', ['InvalidTag', 'MalformedXML'], lambda: s.put_bucket_tagging(Bucket=b2, Tagging={'TagSet': [{'Key': 'a', 'Value': '1'}, {'Key': 'a', 'Value': '2'}]}))
    X(S, 'Logging to missing bucket -> InvalidTargetBucketForLogging', 'InvalidTargetBucketForLogging', lambda: s.put_bucket_logging(Bucket=b2, BucketLoggingStatus={'LoggingEnabled': {'TargetBucket': 'none' + U, 'TargetPrefix': 'p/'}}))
    T(S, 'Logging put/get', lambda: (s.put_bucket_policy(Bucket=b + '-3', Policy=POL({'Effect': 'Allow', 'Principal': {'Service': 'logging.s3.amazonaws.com'}, 'Action': 's3:PutObject', 'Resource': f'arn:aws:s3:::{b}-3/*'})), s.put_bucket_logging(Bucket=b2, BucketLoggingStatus={'LoggingEnabled': {'TargetBucket': b + '-3', 'TargetPrefix': 'p/', 'TargetObjectKeyFormat': {'PartitionedPrefix': {'PartitionDateSource': 'EventTime'}}}}), s.get_bucket_logging(Bucket=b2))[2], lambda x: req(t=(b + '-3', x.get('LoggingEnabled', {}).get('TargetBucket')), f=({'PartitionedPrefix': {'PartitionDateSource': 'EventTime'}}, x.get('LoggingEnabled', {}).get('TargetObjectKeyFormat'))))
    # replication
    so = cl('s3', other); d = b + '-dst'
    role = f'arn:aws:iam::{ACCT}:role/repl'
    T(S, 'CreateBucket(replica dst)', lambda: so.create_bucket(Bucket=d, CreateBucketConfiguration={'LocationConstraint': other}))
    try: dkey = cl('kms', other).create_key()['KeyMetadata']['Arn']
    except Exception: dkey = 'k'
    rep = {'Role': role, 'Rules': [{'ID': 'r', 'Priority': 1, 'Status': 'Enabled', 'Filter': {'Prefix': ''}, 'DeleteMarkerReplication': {'Status': 'Enabled'}, 'SourceSelectionCriteria': {'SseKmsEncryptedObjects': {'Status': 'Enabled'}}, 'Destination': {'Bucket': f'arn:aws:s3:::{d}', 'EncryptionConfiguration': {'ReplicaKmsKeyID': dkey}, 'ReplicationTime': {'Status': 'Enabled', 'Time': {'Minutes': 15}}, 'Metrics': {'Status': 'Enabled', 'EventThreshold': {'Minutes': 15}}}}]}
    X(S, 'Replication dst unversioned -> InvalidRequest', 'InvalidRequest', lambda: s.put_bucket_replication(Bucket=b2, ReplicationConfiguration=rep))
    T(S, 'Replication x-region put/get', lambda: (so.put_bucket_versioning(Bucket=d, VersioningConfiguration={'Status': 'Enabled'}), s.put_bucket_replication(Bucket=b2, ReplicationConfiguration=rep), s.get_bucket_replication(Bucket=b2))[2], lambda x: diff(rep['Rules'][0], x['ReplicationConfiguration']['Rules'][0]))
    T(S, 'Replication actually copies object', lambda: (s.put_object(Bucket=b2, Key='rep', Body=b'x'), time.sleep(0.5), so.head_object(Bucket=d, Key='rep'))[2])
    T(S, 'DeleteBucketReplication', lambda: s.delete_bucket_replication(Bucket=b2))
    q = None
    try: qq = cl('sqs', r); qu = qq.create_queue(QueueName='q' + U)['QueueUrl']; q = qq.get_queue_attributes(QueueUrl=qu, AttributeNames=['QueueArn'])['Attributes']['QueueArn']; c['q'] = qu; c['qarn'] = q
    except Exception as ex: rec('sqs', 'CreateQueue', 'ERR', ex)
    T(S, 'Notification(SQS,EventBridge) put/get', lambda: (s.put_bucket_notification_configuration(Bucket=b2, NotificationConfiguration={'QueueConfigurations': [{'Id': 'n', 'QueueArn': q, 'Events': ['s3:ObjectCreated:*'], 'Filter': {'Key': {'FilterRules': [{'Name': 'prefix', 'Value': 'in/'}]}}}], 'EventBridgeConfiguration': {}}), s.get_bucket_notification_configuration(Bucket=b2))[1], lambda x: req(n=(1, len(x.get('QueueConfigurations', []))), eb=(True, 'EventBridgeConfiguration' in x)))
    T(S, 'Notification delivered to SQS', lambda: (s.put_object(Bucket=b2, Key='in/1', Body=b'1'), cl('sqs', r).receive_message(QueueUrl=c['q'], MaxNumberOfMessages=10, WaitTimeSeconds=1))[1], lambda x: None if any('ObjectCreated' in m['Body'] for m in x.get('Messages', [])) else 'no event message')
    X(S, 'Notification to missing queue -> InvalidArgument', 'InvalidArgument', lambda: s.put_bucket_notification_configuration(Bucket=b2, NotificationConfiguration={'QueueConfigurations': [{'QueueArn': f'arn:aws:sqs:{r}:{ACCT}:none', 'Events': ['s3:ObjectCreated:*']}]}))
    T(S, 'ListObjectsV2 pagination', lambda: ([s.put_object(Bucket=b + '-3', Key=f'p{i}', Body=b'') for i in range(5)], s.list_objects_v2(Bucket=b + '-3', MaxKeys=2))[1], lambda x: req(t=(True, x['IsTruncated']), n=(2, x['KeyCount'])))
    T(S, 'ListBuckets(MaxBuckets,Prefix,BucketRegion)', lambda: s.list_buckets(MaxBuckets=2, Prefix=f'b-{U}-{r}', BucketRegion=r), lambda x: req(n=(2, len(x['Buckets'])), tok=(True, bool(x.get('ContinuationToken'))), reg=(r, x['Buckets'][0].get('BucketRegion'))))
    X(S, 'PutObject If-None-Match:* existing -> PreconditionFailed', 'PreconditionFailed', lambda: s.put_object(Bucket=b + '-3', Key='p1', Body=b'', IfNoneMatch='*'))
    X(S, 'DeleteBucket non-empty -> BucketNotEmpty', 'BucketNotEmpty', lambda: s.delete_bucket(Bucket=b + '-3'))
    X(S, 'DeleteBucket only versions left -> BucketNotEmpty', 'BucketNotEmpty', lambda: (s.delete_object(Bucket=b2, Key='k'), s.delete_object(Bucket=b2, Key='rep'), s.delete_object(Bucket=b2, Key='in/1'), s.delete_bucket(Bucket=b2))[3])
    X(S, 'DeleteObject version under GOVERNANCE lock -> AccessDenied', 'AccessDenied', lambda: (lambda v: s.delete_object(Bucket=b, Key='k2', VersionId=v))(s.list_object_versions(Bucket=b, Prefix='k2')['Versions'][0]['VersionId']))
    T(S, 'ServerAccess: presigned GET', lambda: urllib.request.urlopen(s.generate_presigned_url('get_object', Params={'Bucket': b + '-3', 'Key': 'p1'})).status, lambda x: req(s=(200, x)))
    sc = cl('s3control', r)
    T('s3control', 'CreateAccessPoint', lambda: sc.create_access_point(AccountId=ACCT, Name='ap' + U, Bucket=b, VpcConfiguration={'VpcId': c.get('vpc', 'vpc-1')}, PublicAccessBlockConfiguration=dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True)), lambda x: req(arn=(f'arn:aws:s3:{r}:{ACCT}:accesspoint/ap{U}', x.get('AccessPointArn'))))
    T('s3control', 'GetAccessPoint', lambda: sc.get_access_point(AccountId=ACCT, Name='ap' + U), lambda x: req(b=(b, x.get('Bucket')), vpc=(c.get('vpc', 'vpc-1'), x.get('VpcConfiguration', {}).get('VpcId')), o=('VPC', x.get('NetworkOrigin'))))
    T('s3control', 'PutAccessPointPolicy', lambda: (sc.put_access_point_policy(AccountId=ACCT, Name='ap' + U, Policy='{"Version":"2012-10-17","Statement":[]}'), sc.get_access_point_policy(AccountId=ACCT, Name='ap' + U))[1]); T('s3control', 'ListAccessPoints', lambda: sc.list_access_points(AccountId=ACCT, Bucket=b), lambda x: req(n=(1, len(x['AccessPointList']))))
    T('s3control', 'DeleteAccessPoint', lambda: sc.delete_access_point(AccountId=ACCT, Name='ap' + U))
    T('s3control', 'Put/GetPublicAccessBlock(account)', lambda: (sc.put_public_access_block(AccountId=ACCT, PublicAccessBlockConfiguration=dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=False, RestrictPublicBuckets=False)), sc.get_public_access_block(AccountId=ACCT), sc.delete_public_access_block(AccountId=ACCT))[1])

def t_transfer(r):
    t = cl('transfer', r); c = C[r]; S = 'transfer'
    sv = T(S, 'CreateServer(VPC,SFTP)', lambda: t.create_server(EndpointType='VPC', EndpointDetails={'VpcId': c.get('vpc', 'vpc-1'), 'SubnetIds': [c.get('s1', 's')], 'SecurityGroupIds': [c.get('sg', 'g')]}, IdentityProviderType='SERVICE_MANAGED', Protocols=['SFTP'], SecurityPolicyName='TransferSecurityPolicy-2024-01', LoggingRole=f'arn:aws:iam::{ACCT}:role/log', Tags=[{'Key': 'a', 'Value': 'b'}]))
    sid = sv['ServerId'] if sv else None
    T(S, 'DescribeServer round-trip', lambda: t.describe_server(ServerId=sid), lambda x: (lambda q: req(et=('VPC', q.get('EndpointType')), vpc=(c.get('vpc', 'vpc-1'), q.get('EndpointDetails', {}).get('VpcId')), vpce=(True, bool(q.get('EndpointDetails', {}).get('VpcEndpointId'))), sg=([c.get('sg', 'g')], q.get('EndpointDetails', {}).get('SecurityGroupIds')), st=('ONLINE', q.get('State')), pr=(['SFTP'], q.get('Protocols')), hk=(True, bool(q.get('HostKeyFingerprint'))), sp=('TransferSecurityPolicy-2024-01', q.get('SecurityPolicyName')), t=({'a': 'b'}, tags(q.get('Tags')))))(x['Server']))
    T(S, 'ListServers', lambda: t.list_servers(), lambda x: req(f=(True, any(q['ServerId'] == sid for q in x['Servers']))))
    T(S, 'UpdateServer', lambda: (t.update_server(ServerId=sid, SecurityPolicyName='TransferSecurityPolicy-2020-06'), t.describe_server(ServerId=sid))[1], lambda x: req(sp=('TransferSecurityPolicy-2020-06', x['Server'].get('SecurityPolicyName'))))
    T(S, 'StopServer', lambda: (t.stop_server(ServerId=sid), t.describe_server(ServerId=sid))[1], lambda x: req(s=(True, x['Server'].get('State') in ('STOPPING', 'OFFLINE')))); T(S, 'StartServer', lambda: (t.start_server(ServerId=sid), t.describe_server(ServerId=sid))[1], lambda x: req(s=(True, x['Server'].get('State') in ('STARTING', 'ONLINE'))))
    T(S, 'CreateUser', lambda: t.create_user(ServerId=sid, UserName='user1', Role=f'arn:aws:iam::{ACCT}:role/x', HomeDirectoryType='LOGICAL', HomeDirectoryMappings=[{'Entry': '/', 'Target': '/b/u1'}], Tags=[{'Key': 'a', 'Value': 'b'}]))
    X(S, 'CreateUser duplicate -> ResourceExistsException', 'ResourceExistsException', lambda: [t.create_user(ServerId=sid, UserName='dup1', Role=f'arn:aws:iam::{ACCT}:role/x') for _ in range(2)])
    T(S, 'DescribeUser', lambda: t.describe_user(ServerId=sid, UserName='user1'), lambda x: req(h=([{'Entry': '/', 'Target': '/b/u1'}], [{k: v for k, v in m.items() if k != 'Type'} for m in x['User'].get('HomeDirectoryMappings', [])]), t=({'a': 'b'}, tags(x['User'].get('Tags'))), ht=('LOGICAL', x['User'].get('HomeDirectoryType'))))
    T(S, 'ListUsers', lambda: t.list_users(ServerId=sid), lambda x: req(f=(True, any(q.get('UserName') == 'user1' for q in x['Users']))))
    key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKbYb6Wf4hEJvYRzQk1C6m1l0T4n5QvJqN2xW8sZ3pQe u1'
    k = T(S, 'ImportSshPublicKey', lambda: t.import_ssh_public_key(ServerId=sid, UserName='user1', SshPublicKeyBody=key), lambda x: req(k=(True, x['SshPublicKeyId'].startswith('key-'))))
    X(S, 'ImportSshPublicKey duplicate -> ResourceExistsException', 'ResourceExistsException', lambda: [t.import_ssh_public_key(ServerId=sid, UserName='dup1', SshPublicKeyBody=key) for _ in range(2)])
    X(S, 'ImportSshPublicKey garbage -> InvalidRequestException', 'InvalidRequestException', lambda: t.import_ssh_public_key(ServerId=sid, UserName='dup1', SshPublicKeyBody='garbage'))
    T(S, 'DeleteSshPublicKey', lambda: (t.delete_ssh_public_key(ServerId=sid, UserName='user1', SshPublicKeyId=k['SshPublicKeyId']), t.describe_user(ServerId=sid, UserName='user1'))[1], lambda x: req(n=(0, len(x['User'].get('SshPublicKeys', [])))))
    T(S, 'UpdateUser', lambda: (t.update_user(ServerId=sid, UserName='user1', Policy='{"Version":"2012-10-17","Statement":[]}'), t.describe_user(ServerId=sid, UserName='user1'))[1], lambda x: req(p=('{"Version":"2012-10-17","Statement":[]}', x['User'].get('Policy'))))
    T(S, 'TagResource/ListTagsForResource', lambda: (lambda a: (t.tag_resource(Arn=a, Tags=[{'Key': 'z', 'Value': '1'}]), t.list_tags_for_resource(Arn=a))[1])(t.describe_server(ServerId=sid)['Server']['Arn']), lambda x: req(t=({'a': 'b', 'z': '1'}, tags(x.get('Tags')))))
    T(S, 'DeleteUser', lambda: t.delete_user(ServerId=sid, UserName='user1')); X(S, 'DescribeUser gone -> ResourceNotFoundException', 'ResourceNotFoundException', lambda: t.describe_user(ServerId=sid, UserName='user1'))
    T(S, 'DeleteServer', lambda: t.delete_server(ServerId=sid)); X(S, 'DescribeServer gone -> ResourceNotFoundException', 'ResourceNotFoundException', lambda: t.describe_server(ServerId=sid))

def t_resolver(r):
    v = cl('route53resolver', r); c = C[r]; S = 'route53resolver'
    mk = lambda d, n: v.create_resolver_endpoint(CreatorRequestId=f'{d}{n}{U}', Name=f'{d}{n}', SecurityGroupIds=[c['sg']], Direction=d, IpAddresses=[{'SubnetId': c['s1']}, {'SubnetId': c['s2']}], Tags=[{'Key': 'a', 'Value': 'b'}], Protocols=['Do53'])
    ck = lambda x: req(ipc=(2, x['ResolverEndpoint']['IpAddressCount']), vpc=(c['vpc'], x['ResolverEndpoint'].get('HostVPCId')), pr=(['Do53'], x['ResolverEndpoint'].get('Protocols')))
    i = T(S, 'CreateResolverEndpoint(INBOUND)', lambda: mk('INBOUND', 1), ck); o = T(S, 'CreateResolverEndpoint(OUTBOUND)', lambda: mk('OUTBOUND', 1), ck)
    iid = i['ResolverEndpoint']['Id'] if i else None; oid = o['ResolverEndpoint']['Id'] if o else None
    INFO(S, 'CreateResolverEndpoint repeated CreatorRequestId', lambda: mk('INBOUND', 1)['ResolverEndpoint']['Id'] == iid)
    X(S, 'CreateResolverEndpoint 1 IP -> InvalidRequest/InvalidParameter', ['InvalidRequestException', 'InvalidParameterException', 'ValidationException'], lambda: cl('route53resolver', r, raw=True).create_resolver_endpoint(CreatorRequestId='one' + U, SecurityGroupIds=[c['sg']], Direction='INBOUND', IpAddresses=[{'SubnetId': c['s1']}]))
    T(S, 'GetResolverEndpoint', lambda: v.get_resolver_endpoint(ResolverEndpointId=iid), lambda x: req(s=('OPERATIONAL', x['ResolverEndpoint']['Status'])))
    T(S, 'ListResolverEndpointIpAddresses', lambda: v.list_resolver_endpoint_ip_addresses(ResolverEndpointId=iid), lambda x: req(n=(2, len(x['IpAddresses'])), st=('ATTACHED', x['IpAddresses'][0].get('Status')), ip=(True, x['IpAddresses'][0].get('Ip', '').startswith('10.0.'))))
    T(S, 'AssociateResolverEndpointIpAddress', lambda: (v.associate_resolver_endpoint_ip_address(ResolverEndpointId=iid, IpAddress={'SubnetId': c['s1'], 'Ip': '10.0.1.77'}), v.list_resolver_endpoint_ip_addresses(ResolverEndpointId=iid))[1], lambda x: req(n=(3, len(x['IpAddresses']))))
    X(S, 'AssociateResolverEndpointIpAddress dup -> ResourceExistsException', ['ResourceExistsException', 'InvalidRequestException'], lambda: v.associate_resolver_endpoint_ip_address(ResolverEndpointId=iid, IpAddress={'SubnetId': c['s1'], 'Ip': '10.0.1.77'}))
    T(S, 'DisassociateResolverEndpointIpAddress', lambda: (v.disassociate_resolver_endpoint_ip_address(ResolverEndpointId=iid, IpAddress={'SubnetId': c['s1'], 'Ip': '10.0.1.77'}), v.list_resolver_endpoint_ip_addresses(ResolverEndpointId=iid))[1], lambda x: req(n=(2, len(x['IpAddresses']))))
    T(S, 'UpdateResolverEndpoint(Name)', lambda: v.update_resolver_endpoint(ResolverEndpointId=iid, Name='new'), lambda x: req(n=('new', x['ResolverEndpoint']['Name'])))
    T(S, 'UpdateResolverEndpoint(Protocols)', lambda: v.update_resolver_endpoint(ResolverEndpointId=iid, Protocols=['Do53', 'DoH']), lambda x: req(p=(['Do53', 'DoH'], x['ResolverEndpoint'].get('Protocols')), name=('new', x['ResolverEndpoint'].get('Name'))))
    ru = T(S, 'CreateResolverRule(FORWARD)', lambda: v.create_resolver_rule(CreatorRequestId='ru' + U, Name='ru', RuleType='FORWARD', DomainName='corp.example', TargetIps=[{'Ip': '10.10.0.2', 'Port': 53}], ResolverEndpointId=oid, Tags=[{'Key': 'a', 'Value': 'b'}]), lambda x: req(d=('corp.example.', x['ResolverRule']['DomainName']), st=('COMPLETE', x['ResolverRule']['Status']), ip=('10.10.0.2', x['ResolverRule']['TargetIps'][0]['Ip'])))
    rid = ru['ResolverRule']['Id'] if ru else None; c['rule'] = ru['ResolverRule']['Arn'] if ru else None
    INFO(S, 'CreateResolverRule repeated CreatorRequestId', lambda: v.create_resolver_rule(CreatorRequestId='ru' + U, Name='ru', RuleType='FORWARD', DomainName='corp.example', TargetIps=[{'Ip': '10.10.0.2', 'Port': 53}], ResolverEndpointId=oid)['ResolverRule']['Id'] == rid)
    T(S, 'UpdateResolverRule', lambda: v.update_resolver_rule(ResolverRuleId=rid, Config={'Name': 'ru2', 'TargetIps': [{'Ip': '10.10.0.3', 'Port': 53}]}), lambda x: req(ip=('10.10.0.3', x['ResolverRule']['TargetIps'][0]['Ip'])))
    a = T(S, 'AssociateResolverRule', lambda: v.associate_resolver_rule(ResolverRuleId=rid, VPCId=c['vpc'], Name='as'))
    X(S, 'AssociateResolverRule dup -> ResourceExistsException', 'ResourceExistsException', lambda: v.associate_resolver_rule(ResolverRuleId=rid, VPCId=c['vpc']))
    T(S, 'ListResolverRuleAssociations(filter)', lambda: v.list_resolver_rule_associations(Filters=[{'Name': 'VPCId', 'Values': [c['vpc']]}]), lambda x: req(n=(True, any(q['ResolverRuleId'] == rid for q in x['ResolverRuleAssociations'])), st=(True, x['ResolverRuleAssociations'][0]['Status'] in ('CREATING', 'COMPLETE'))))
    q = T(S, 'CreateResolverQueryLogConfig', lambda: v.create_resolver_query_log_config(Name='ql', DestinationArn=f'arn:aws:logs:{r}:{ACCT}:log-group:/x', CreatorRequestId='ql' + U)); qid = q['ResolverQueryLogConfig']['Id'] if q else None
    T(S, 'AssociateResolverQueryLogConfig', lambda: v.associate_resolver_query_log_config(ResolverQueryLogConfigId=qid, ResourceId=c['vpc'])); T(S, 'ListResolverQueryLogConfigs', lambda: v.list_resolver_query_log_configs()); T(S, 'ListResolverQueryLogConfigAssociations', lambda: v.list_resolver_query_log_config_associations())
    T(S, 'DisassociateResolverQueryLogConfig', lambda: v.disassociate_resolver_query_log_config(ResolverQueryLogConfigId=qid, ResourceId=c['vpc'])); T(S, 'DeleteResolverQueryLogConfig', lambda: v.delete_resolver_query_log_config(ResolverQueryLogConfigId=qid))
    T(S, 'TagResource/ListTagsForResource', lambda: (v.tag_resource(ResourceArn=i['ResolverEndpoint']['Arn'], Tags=[{'Key': 'z', 'Value': '1'}]), v.list_tags_for_resource(ResourceArn=i['ResolverEndpoint']['Arn']))[1], lambda x: req(t=({'a': 'b', 'z': '1'}, tags(x['Tags']))))
    # RAM
    m = cl('ram', r)
    rs = T('ram', 'CreateResourceShare(rule)', lambda: m.create_resource_share(name='sh' + U, resourceArns=[c['rule']], principals=['111111111111'], allowExternalPrincipals=True, tags=[{'key': 'a', 'value': 'b'}]), lambda x: req(st=('ACTIVE', x['resourceShare']['status'])))
    T('ram', 'GetResourceShares', lambda: m.get_resource_shares(resourceOwner='SELF'), lambda x: req(n=(True, len(x['resourceShares']) >= 1))); T('ram', 'GetResourceShareAssociations', lambda: m.get_resource_share_associations(associationType='RESOURCE'))
    T('ram', 'ListResources', lambda: m.list_resources(resourceOwner='SELF')); T('ram', 'AssociateResourceShare', lambda: m.associate_resource_share(resourceShareArn=rs['resourceShare']['resourceShareArn'], principals=['222222222222'])); T('ram', 'DeleteResourceShare', lambda: m.delete_resource_share(resourceShareArn=rs['resourceShare']['resourceShareArn']))
    X(S, 'DeleteResolverRule associated -> ResourceInUseException', 'ResourceInUseException', lambda: v.delete_resolver_rule(ResolverRuleId=rid))
    X(S, 'DeleteResolverEndpoint with rule -> error', ['InvalidRequestException', 'ResourceInUseException'], lambda: v.delete_resolver_endpoint(ResolverEndpointId=oid))
    T(S, 'DisassociateResolverRule', lambda: v.disassociate_resolver_rule(ResolverRuleId=rid, VPCId=c['vpc'])); T(S, 'DeleteResolverRule', lambda: v.delete_resolver_rule(ResolverRuleId=rid)); T(S, 'DeleteResolverEndpoint', lambda: (v.delete_resolver_endpoint(ResolverEndpointId=oid), v.delete_resolver_endpoint(ResolverEndpointId=iid)))
    X(S, 'GetResolverEndpoint gone -> ResourceNotFoundException', 'ResourceNotFoundException', lambda: v.get_resolver_endpoint(ResolverEndpointId=iid))
    z = cl('route53', r)
    hz = T('route53', 'CreateHostedZone(private)', lambda: z.create_hosted_zone(Name=f'{U}.{r}.internal', CallerReference='c' + U + r, VPC={'VPCRegion': r, 'VPCId': c['vpc']}, HostedZoneConfig={'PrivateZone': True, 'Comment': 'c'}), lambda x: req(p=(True, x['HostedZone']['Config']['PrivateZone'])))
    hid = hz['HostedZone']['Id'].split('/')[-1] if hz else None
    X('route53', 'CreateHostedZone same CallerReference -> HostedZoneAlreadyExists', ['HostedZoneAlreadyExists', 'ConflictingDomainExists'], lambda: z.create_hosted_zone(Name=f'{U}.{r}.internal', CallerReference='c' + U + r, VPC={'VPCRegion': r, 'VPCId': c['vpc']}))
    v2 = T('ec2', 'CreateVpc(for assoc)', lambda: cl('ec2', r).create_vpc(CidrBlock='10.77.0.0/16')); v2 = v2['Vpc']['VpcId'] if v2 else None
    T('route53', 'AssociateVPCWithHostedZone', lambda: (z.associate_vpc_with_hosted_zone(HostedZoneId=hid, VPC={'VPCRegion': r, 'VPCId': v2}), z.get_hosted_zone(Id=hid))[1], lambda x: req(n=(2, len(x.get('VPCs', []))))); T('route53', 'CreateVPCAssociationAuthorization', lambda: z.create_vpc_association_authorization(HostedZoneId=hid, VPC={'VPCRegion': r, 'VPCId': 'vpc-0abc'})); T('route53', 'ListHostedZonesByVPC', lambda: z.list_hosted_zones_by_vpc(VPCId=v2, VPCRegion=r), lambda x: req(n=(1, len(x['HostedZoneSummaries']))))
    T('route53', 'ChangeResourceRecordSets', lambda: (z.change_resource_record_sets(HostedZoneId=hid, ChangeBatch={'Changes': [{'Action': 'UPSERT', 'ResourceRecordSet': {'Name': f'a.{U}.{r}.internal', 'Type': 'A', 'TTL': 60, 'ResourceRecords': [{'Value': '10.0.0.9'}]}}]}), z.list_resource_record_sets(HostedZoneId=hid))[1], lambda x: req(f=(True, any(q['Name'].startswith('a.') for q in x['ResourceRecordSets']))))
    T('route53', 'DisassociateVPCFromHostedZone', lambda: z.disassociate_vpc_from_hosted_zone(HostedZoneId=hid, VPC={'VPCRegion': r, 'VPCId': v2})); X('route53', 'DeleteHostedZone non-empty -> HostedZoneNotEmpty', 'HostedZoneNotEmpty', lambda: z.delete_hosted_zone(Id=hid))

def t_iam(r):
    i = cl('iam', r); s = cl('sts', r); S = 'iam'; tp = POL({'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCT}:root'}, 'Action': 'sts:AssumeRole'}); rn = f'role{U}{r[-1]}'
    pb = T(S, 'CreatePolicy', lambda: i.create_policy(PolicyName='pb' + U + r[-1], PolicyDocument=POL({'Effect': 'Allow', 'Action': '*', 'Resource': '*'})))
    pba = pb['Policy']['Arn'] if pb else None
    T(S, 'CreateRole(path,boundary,tags)', lambda: i.create_role(RoleName=rn, Path='/op/', AssumeRolePolicyDocument=tp, PermissionsBoundary=pba, MaxSessionDuration=7200, Tags=[{'Key': 'a', 'Value': 'b'}]), lambda x: req(p=('/op/', x['Role']['Path']), b=(pba, x['Role'].get('PermissionsBoundary', {}).get('PermissionsBoundaryArn')), m=(7200, x['Role'].get('MaxSessionDuration')), t=({'a': 'b'}, tags(x['Role'].get('Tags')))))
    X(S, 'CreateRole dup -> EntityAlreadyExists', ['EntityAlreadyExists', 'EntityAlreadyExistsException'], lambda: i.create_role(RoleName=rn, AssumeRolePolicyDocument=tp)); X(S, 'CreateRole malformed -> MalformedPolicyDocument', 'MalformedPolicyDocument', lambda: i.create_role(RoleName=rn + 'x', AssumeRolePolicyDocument='{bad'))
    tp2 = POL({'Effect': 'Allow', 'Principal': {'Service': 'ec2.amazonaws.com'}, 'Action': 'sts:AssumeRole'})
    T(S, 'UpdateAssumeRolePolicy', lambda: (i.update_assume_role_policy(RoleName=rn, PolicyDocument=tp2), i.get_role(RoleName=rn))[1], lambda x: req(p=(json.loads(tp2), x['Role']['AssumeRolePolicyDocument'])))
    T(S, 'PutRolePolicy/GetRolePolicy', lambda: (i.put_role_policy(RoleName=rn, PolicyName='p', PolicyDocument=POL({'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'})), i.get_role_policy(RoleName=rn, PolicyName='p'))[1], lambda x: req(a=('s3:*', x['PolicyDocument']['Statement'][0]['Action']))); X(S, 'GetRolePolicy missing -> NoSuchEntity', 'NoSuchEntity', lambda: i.get_role_policy(RoleName=rn, PolicyName='none')); X(S, 'PutRolePolicy malformed -> MalformedPolicyDocument', 'MalformedPolicyDocument', lambda: i.put_role_policy(RoleName=rn, PolicyName='q', PolicyDocument=POL({'Effect': 'Maybe', 'Action': 'x', 'Resource': '*'})))
    T(S, 'ListRoles(PathPrefix)', lambda: i.list_roles(PathPrefix='/op/'), lambda x: req(f=(True, all(q['Path'] == '/op/' for q in x['Roles']) and len(x['Roles']) >= 1))); T(S, 'ListRoles pagination', lambda: (i.create_role(RoleName=rn + '2', Path='/op/', AssumeRolePolicyDocument=tp), i.list_roles(PathPrefix='/op/', MaxItems=1))[1], lambda x: req(t=(True, x['IsTruncated']), n=(1, len(x['Roles']))))
    T(S, 'Put/DeleteRolePermissionsBoundary', lambda: (i.put_role_permissions_boundary(RoleName=rn + '2', PermissionsBoundary=pba), i.get_role(RoleName=rn + '2'))[1], lambda x: req(b=(pba, x['Role'].get('PermissionsBoundary', {}).get('PermissionsBoundaryArn')))); T(S, 'TagRole/ListRoleTags', lambda: (i.tag_role(RoleName=rn, Tags=[{'Key': 'c', 'Value': 'd'}]), i.list_role_tags(RoleName=rn))[1], lambda x: req(t=({'a': 'b', 'c': 'd'}, tags(x['Tags'])))); X(S, 'DeleteRole with inline policy -> DeleteConflict', 'DeleteConflict', lambda: i.delete_role(RoleName=rn))
    T(S, 'SimulatePrincipalPolicy', lambda: i.simulate_principal_policy(PolicySourceArn=f'arn:aws:iam::{ACCT}:role/op/{rn}', ActionNames=['s3:GetObject']), lambda x: req(d=('allowed', x['EvaluationResults'][0]['EvalDecision'])))
    o = T(S, 'CreateOpenIDConnectProvider', lambda: i.create_open_id_connect_provider(Url=f'https://oidc.{U}{r[-1]}.example/id', ClientIDList=['sts.amazonaws.com'], ThumbprintList=['a' * 40], Tags=[{'Key': 'a', 'Value': 'b'}])); oa = o['OpenIDConnectProviderArn'] if o else None
    X(S, 'CreateOpenIDConnectProvider dup -> EntityAlreadyExists', ['EntityAlreadyExists', 'EntityAlreadyExistsException'], lambda: i.create_open_id_connect_provider(Url=f'https://oidc.{U}{r[-1]}.example/id', ClientIDList=['x'], ThumbprintList=['a' * 40]))
    T(S, 'CreateOpenIDConnectProvider w/o thumbprint (allowed since 2024)', lambda: i.create_open_id_connect_provider(Url=f'https://oidc2.{U}{r[-1]}.example', ClientIDList=['x']))
    T(S, 'UpdateOIDCThumbprint', lambda: (i.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=oa, ThumbprintList=['b' * 40]), i.get_open_id_connect_provider(OpenIDConnectProviderArn=oa))[1], lambda x: req(t=(['b' * 40], x['ThumbprintList']), u=(f'oidc.{U}{r[-1]}.example/id', x.get('Url')))); T(S, 'Add/RemoveClientID OIDC', lambda: (i.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=oa, ClientID='c2'), i.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=oa, ClientID='sts.amazonaws.com'), i.get_open_id_connect_provider(OpenIDConnectProviderArn=oa))[2], lambda x: req(c=(['c2'], x['ClientIDList']))); T(S, 'Tag/ListTags OIDC', lambda: (i.tag_open_id_connect_provider(OpenIDConnectProviderArn=oa, Tags=[{'Key': 'z', 'Value': '1'}]), i.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=oa))[1], lambda x: req(t=({'a': 'b', 'z': '1'}, tags(x['Tags'])))); T(S, 'DeleteOIDC', lambda: i.delete_open_id_connect_provider(OpenIDConnectProviderArn=oa))
    S = 'sts'; T(S, 'GetCallerIdentity', lambda: s.get_caller_identity(), lambda x: req(a=(True, len(x['Account']) == 12)))
    a = T(S, 'AssumeRole(other account)', lambda: s.assume_role(RoleArn='arn:aws:iam::111111111111:role/x', RoleSessionName='sess'), lambda x: req(arn=(True, ':111111111111:assumed-role/x/sess' in x['AssumedRoleUser']['Arn'])))
    if a:
        cr = {k: a['Credentials'][k] for k in ('AccessKeyId', 'SecretAccessKey', 'SessionToken')}
        T(S, 'AssumeRole creds GetCallerIdentity', lambda: cl('sts', r, cr).get_caller_identity(), lambda x: req(acct=('111111111111', x['Account'])))
        T(S, 'Multi-account: resource lands in assumed account', lambda: (lambda w: (w, cl('ec2', r, cr).describe_vpcs(VpcIds=[w['VpcId']])))(cl('ec2', r, cr).create_vpc(CidrBlock='10.66.0.0/16')['Vpc']), lambda x: req(o=('111111111111', x[1]['Vpcs'][0].get('OwnerId')))); T(S, 'Multi-account: isolated from default account', lambda: [w for w in cl('ec2', r).describe_vpcs()['Vpcs'] if w['CidrBlock'] == '10.66.0.0/16'], lambda x: req(n=(0, len(x)))); T(S, 'Multi-account: KMS ARN account', lambda: cl('kms', r, cr).create_key(), lambda x: req(o=(True, ':111111111111:' in x['KeyMetadata']['Arn'])))
        T(S, 'Multi-account: S3 bucket owner isolated (AWS: list only own)', lambda: (cl('s3', r, cr).create_bucket(Bucket=f'x{U}{r}', CreateBucketConfiguration={'LocationConstraint': r}), [q['Name'] for q in cl('s3', r).list_buckets()['Buckets']])[1], lambda x: req(n=(False, f'x{U}{r}' in x))); X(S, 'Multi-account: bucket name global -> BucketAlreadyExists', 'BucketAlreadyExists', lambda: cl('s3', r).create_bucket(Bucket=f'x{U}{r}', CreateBucketConfiguration={'LocationConstraint': r}))
    X(S, 'AssumeRole non-existing role (AWS: AccessDenied)', 'AccessDenied', lambda: s.assume_role(RoleArn='arn:aws:iam::111111111111:role/nonexistent', RoleSessionName='sess'))
    T(S, 'AssumeRoleWithWebIdentity', lambda: s.assume_role_with_web_identity(RoleArn=f'arn:aws:iam::{ACCT}:role/op/{rn}', RoleSessionName='sess', WebIdentityToken='e30.eyJzdWIiOiJ4In0.sig')); X(S, 'AssumeRoleWithWebIdentity garbage token -> InvalidIdentityToken', 'InvalidIdentityToken', lambda: s.assume_role_with_web_identity(RoleArn=f'arn:aws:iam::{ACCT}:role/op/{rn}', RoleSessionName='sess', WebIdentityToken='garbage'))

def t_misc(r):
    c = C[r]
    f = cl('cloudformation', r); tpl = json.dumps({'Resources': {'B': {'Type': 'AWS::S3::Bucket', 'Properties': {'BucketName': f'cf-{U}-{r}'}}}})
    T('cloudformation', 'CreateStack', lambda: f.create_stack(StackName='st' + U, TemplateBody=tpl, Tags=[{'Key': 'a', 'Value': 'b'}])); T('cloudformation', 'DescribeStacks', lambda: f.describe_stacks(StackName='st' + U), lambda x: req(s=('CREATE_COMPLETE', x['Stacks'][0]['StackStatus']), t=({'a': 'b'}, tags(x['Stacks'][0].get('Tags')))))
    T('cloudformation', 'ListStacks', lambda: f.list_stacks(StackStatusFilter=['CREATE_COMPLETE']), lambda x: req(n=(True, len(x['StackSummaries']) >= 1))); T('cloudformation', 'GetTemplate', lambda: f.get_template(StackName='st' + U), lambda x: req(b=(True, 'AWS::S3::Bucket' in json.dumps(x['TemplateBody'])))); X('cloudformation', 'CreateStack dup -> AlreadyExistsException', 'AlreadyExistsException', lambda: f.create_stack(StackName='st' + U, TemplateBody=tpl)); T('cloudformation', 'Stack resource created', lambda: cl('s3', r).head_bucket(Bucket=f'cf-{U}-{r}')); T('cloudformation', 'DeleteStack', lambda: f.delete_stack(StackName='st' + U))
    a = cl('acm', r)
    ac = T('acm', 'RequestCertificate', lambda: a.request_certificate(DomainName='x.example.com', ValidationMethod='DNS', IdempotencyToken='tok1', SubjectAlternativeNames=['y.example.com'], Tags=[{'Key': 'a', 'Value': 'b'}])); T('acm', 'DescribeCertificate', lambda: a.describe_certificate(CertificateArn=ac['CertificateArn']), lambda x: req(s=('PENDING_VALIDATION', x['Certificate']['Status']), dv=(True, 'ResourceRecord' in x['Certificate']['DomainValidationOptions'][0]))); T('acm', 'RequestCertificate idempotent', lambda: a.request_certificate(DomainName='x.example.com', ValidationMethod='DNS', IdempotencyToken='tok1', SubjectAlternativeNames=['y.example.com'], Tags=[{'Key': 'a', 'Value': 'b'}]), lambda x: req(a=(ac['CertificateArn'], x['CertificateArn'])))
    try:
        from cryptography import x509; from cryptography.x509.oid import NameOID; from cryptography.hazmat.primitives import hashes, serialization; from cryptography.hazmat.primitives.asymmetric import rsa
        pk = rsa.generate_private_key(public_exponent=65537, key_size=2048); n = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'imp.example')]); nw = datetime.datetime.utcnow()
        ce = x509.CertificateBuilder().subject_name(n).issuer_name(n).public_key(pk.public_key()).serial_number(1).not_valid_before(nw).not_valid_after(nw + datetime.timedelta(days=90)).sign(pk, hashes.SHA256())
        pem = ce.public_bytes(serialization.Encoding.PEM); kp = pk.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        T('acm', 'ImportCertificate', lambda: (lambda z: a.describe_certificate(CertificateArn=z))(a.import_certificate(Certificate=pem, PrivateKey=kp)['CertificateArn']), lambda x: req(t=('IMPORTED', x['Certificate']['Type']), s=('ISSUED', x['Certificate']['Status'])))
    except ImportError: rec('acm', 'ImportCertificate', 'SKIP', 'no cryptography')
    l = cl('logs', r); lg = '/p/' + U
    T('logs', 'CreateLogGroup(kms,tags)', lambda: l.create_log_group(logGroupName=lg, kmsKeyId=c.get('key', 'k'), tags={'a': 'b'})); X('logs', 'CreateLogGroup dup -> ResourceAlreadyExistsException', 'ResourceAlreadyExistsException', lambda: l.create_log_group(logGroupName=lg)); T('logs', 'PutRetentionPolicy/Describe', lambda: (l.put_retention_policy(logGroupName=lg, retentionInDays=90), l.describe_log_groups(logGroupNamePrefix=lg))[1], lambda x: req(r=(90, x['logGroups'][0].get('retentionInDays')), k=(c.get('key', 'k'), x['logGroups'][0].get('kmsKeyId')))); T('logs', 'AssociateKmsKey', lambda: l.associate_kms_key(logGroupName=lg, kmsKeyId=c['key'])); T('logs', 'PutSubscriptionFilter', lambda: l.put_destination(destinationName='d', targetArn=f'arn:aws:kinesis:{r}:{ACCT}:stream/s', roleArn=f'arn:aws:iam::{ACCT}:role/x') and l.put_subscription_filter(logGroupName=lg, filterName='f', filterPattern='', destinationArn=f'arn:aws:logs:{r}:{ACCT}:destination:d')); T('logs', 'PutResourcePolicy', lambda: l.put_resource_policy(policyName='p', policyDocument='{}'))
    t = cl('cloudtrail', r); T('cloudtrail', 'CreateTrail', lambda: t.create_trail(Name='tr' + U, S3BucketName=c.get('bucket', 'x'), IsMultiRegionTrail=True, KmsKeyId=c.get('key', 'k'), EnableLogFileValidation=True), lambda x: req(m=(True, x['IsMultiRegionTrail']), k=(c.get('key', 'k'), x.get('KmsKeyId')), v=(True, x['LogFileValidationEnabled']))); T('cloudtrail', 'StartLogging/GetTrailStatus', lambda: (t.start_logging(Name='tr' + U), t.get_trail_status(Name='tr' + U))[1], lambda x: req(l=(True, x['IsLogging']))); T('cloudtrail', 'PutEventSelectors', lambda: t.put_event_selectors(TrailName='tr' + U, AdvancedEventSelectors=[{'Name': 'n', 'FieldSelectors': [{'Field': 'eventCategory', 'Equals': ['Management']}]}])); T('cloudtrail', 'LookupEvents', lambda: t.lookup_events(MaxResults=5), lambda x: req(n=(True, len(x['Events']) > 0)))
    g = cl('config', r); T('config', 'PutConfigurationRecorder', lambda: g.put_configuration_recorder(ConfigurationRecorder={'name': 'default', 'roleARN': f'arn:aws:iam::{ACCT}:role/c', 'recordingGroup': {'allSupported': True, 'includeGlobalResourceTypes': False}})); T('config', 'PutDeliveryChannel', lambda: g.put_delivery_channel(DeliveryChannel={'name': 'default', 's3BucketName': c.get('bucket', 'x')})); T('config', 'StartConfigurationRecorder', lambda: g.start_configuration_recorder(ConfigurationRecorderName='default')); T('config', 'PutConfigRule', lambda: g.put_config_rule(ConfigRule={'ConfigRuleName': 'r', 'Source': {'Owner': 'AWS', 'SourceIdentifier': 'S3_BUCKET_PUBLIC_READ_PROHIBITED'}})); T('config', 'GetComplianceDetailsByConfigRule', lambda: g.get_compliance_details_by_config_rule(ConfigRuleName='r')); T('config', 'SelectResourceConfig', lambda: g.select_resource_config(Expression="SELECT resourceId WHERE resourceType='AWS::S3::Bucket'"))
    h = cl('securityhub', r); T('securityhub', 'EnableSecurityHub', lambda: h.enable_security_hub()); T('securityhub', 'BatchImportFindings', lambda: h.batch_import_findings(Findings=[{'SchemaVersion': '2018-10-08', 'Id': 'f1', 'ProductArn': f'arn:aws:securityhub:{r}:{ACCT}:product/{ACCT}/default', 'GeneratorId': 'g', 'AwsAccountId': ACCT, 'Types': ['Software and Configuration Checks'], 'CreatedAt': '2026-01-01T00:00:00Z', 'UpdatedAt': '2026-01-01T00:00:00Z', 'Severity': {'Label': 'HIGH'}, 'Title': 't', 'Description': 'd', 'Resources': [{'Type': 'Other', 'Id': 'x'}]}]), lambda x: req(n=(1, x['SuccessCount']))); T('securityhub', 'GetFindings', lambda: h.get_findings(), lambda x: req(n=(True, len(x['Findings']) >= 1))); T('securityhub', 'BatchEnableStandards', lambda: h.batch_enable_standards(StandardsSubscriptionRequests=[{'StandardsArn': f'arn:aws:securityhub:{r}::standards/aws-foundational-security-best-practices/v/1.0.0'}]))
    d = cl('guardduty', r); T('guardduty', 'CreateDetector/GetDetector', lambda: d.get_detector(DetectorId=d.create_detector(Enable=True, FindingPublishingFrequency='FIFTEEN_MINUTES')['DetectorId']), lambda x: req(s=('ENABLED', x['Status']))); T('guardduty', 'ListFindings', lambda: d.list_findings(DetectorId=d.list_detectors()['DetectorIds'][0]))
    # events
    e = cl('events', r); q = cl('sqs', r)
    qu = T('sqs', 'CreateQueue(SSE-KMS)', lambda: q.create_queue(QueueName='ev' + U, Attributes={'KmsMasterKeyId': c.get('key', 'k'), 'VisibilityTimeout': '5'})); qu = qu['QueueUrl'] if qu else None
    X('sqs', 'CreateQueue conflicting attrs -> QueueNameExists', ['QueueNameExists', 'QueueAlreadyExists', 'AWS.SimpleQueueService.QueueNameExists'], lambda: q.create_queue(QueueName='ev' + U, Attributes={'VisibilityTimeout': '9'})); X('sqs', 'GetQueueUrl missing -> QueueDoesNotExist', ['AWS.SimpleQueueService.NonExistentQueue', 'QueueDoesNotExist'], lambda: q.get_queue_url(QueueName='none' + U))
    qa = T('sqs', 'GetQueueAttributes', lambda: q.get_queue_attributes(QueueUrl=qu, AttributeNames=['All']), lambda x: req(k=(c.get('key', 'k'), x['Attributes'].get('KmsMasterKeyId')))); qarn = qa['Attributes']['QueueArn'] if qa else None
    T('events', 'PutRule', lambda: e.put_rule(Name='ru' + U, EventPattern=json.dumps({'source': [{'prefix': ''}]}), Tags=[{'Key': 'a', 'Value': 'b'}])); T('events', 'PutTargets(SQS)', lambda: e.put_targets(Rule='ru' + U, Targets=[{'Id': '1', 'Arn': qarn}]), lambda x: req(f=(0, x['FailedEntryCount']))); X('events', 'PutRule bad pattern -> InvalidEventPatternException', 'InvalidEventPatternException', lambda: e.put_rule(Name='bad' + U, EventPattern='{"a":"notlist"}'))
    T('events', 'ListTargetsByRule', lambda: e.list_targets_by_rule(Rule='ru' + U), lambda x: req(n=(1, len(x['Targets'])))); X('events', 'DeleteRule with targets -> ValidationException', 'ValidationException', lambda: e.delete_rule(Name='ru' + U))
    drain = lambda: [json.loads(m['Body']) for _ in range(6) for m in q.receive_message(QueueUrl=qu, MaxNumberOfMessages=10, WaitTimeSeconds=0).get('Messages', [])]
    for nm, pat in (('s3', ['aws.s3']), ('kms', ['aws.kms']), ('ec2', ['aws.ec2']), ('custom', ['my.app'])): 
        try: e.put_rule(Name=nm + U, EventPattern=json.dumps({'source': pat})); e.put_targets(Rule=nm + U, Targets=[{'Id': '1', 'Arn': qarn}])
        except Exception: pass
    T('events', 'PutEvents -> SQS target delivered', lambda: (e.put_events(Entries=[{'Source': 'my.app', 'DetailType': 't', 'Detail': '{"x":1}'}]), time.sleep(0.5), drain())[2], lambda x: None if any(m.get('source') == 'my.app' for m in x) else f'not delivered {x}')
    def s3ev():
        s = cl('s3', r); b = f'ev-{U}-{r}'; s.create_bucket(Bucket=b, CreateBucketConfiguration={'LocationConstraint': r}); s.put_bucket_notification_configuration(Bucket=b, NotificationConfiguration={'EventBridgeConfiguration': {}}); s.put_object(Bucket=b, Key='k', Body=b'x'); time.sleep(0.5); return drain()
    T('events', 'S3 Object Created -> EventBridge', s3ev, lambda x: None if any(m.get('source') == 'aws.s3' and m.get('detail-type') == 'Object Created' for m in x) else f'no aws.s3 event')
    T('events', 'CloudTrail-style API call event for S3/KMS/EC2 change', lambda: (cl('kms', r).create_key(), cl('s3', r).put_bucket_tagging(Bucket=f'ev-{U}-{r}', Tagging={'TagSet': []}), cl('ec2', r).create_vpc(CidrBlock='10.3.0.0/16'), time.sleep(0.5), drain())[4], lambda x: None if any('CloudTrail' in m.get('detail-type', '') for m in x) else 'no "AWS API Call via CloudTrail" event')
    T('events', 'EC2 state-change event', lambda: (lambda k: (time.sleep(0.5), drain())[1])(cl('ec2', r).run_instances(ImageId=cl('ec2', r).describe_images(Owners=['amazon'])['Images'][0]['ImageId'], MinCount=1, MaxCount=1)), lambda x: None if any(m.get('source') == 'aws.ec2' for m in x) else 'no aws.ec2 event')
    T('events', 'CreateEventBus/PutPermission', lambda: (e.create_event_bus(Name='bus' + U), e.put_permission(EventBusName='bus' + U, StatementId='s', Action='events:PutEvents', Principal='111111111111'), e.describe_event_bus(Name='bus' + U))[2], lambda x: req(p=(True, 'Policy' in x)))
    b = cl('backup', r); T('backup', 'CreateBackupVault(kms)', lambda: (b.create_backup_vault(BackupVaultName='v' + U, EncryptionKeyArn=c.get('key', 'k'), BackupVaultTags={'a': 'b'}), b.describe_backup_vault(BackupVaultName='v' + U))[1], lambda x: req(k=(c.get('key', 'k'), x.get('EncryptionKeyArn')))); bp = T('backup', 'CreateBackupPlan(copy action)', lambda: b.create_backup_plan(BackupPlan={'BackupPlanName': 'p' + U, 'Rules': [{'RuleName': 'r', 'TargetBackupVaultName': 'v' + U, 'ScheduleExpression': 'cron(0 5 * * ? *)', 'Lifecycle': {'DeleteAfterDays': 35}, 'CopyActions': [{'DestinationBackupVaultArn': f'arn:aws:backup:ap-northeast-3:{ACCT}:backup-vault:d'}]}]})); T('backup', 'GetBackupPlan', lambda: b.get_backup_plan(BackupPlanId=bp['BackupPlanId']), lambda x: req(c=(True, bool(x['BackupPlan']['Rules'][0].get('CopyActions'))), l=(35, x['BackupPlan']['Rules'][0].get('Lifecycle', {}).get('DeleteAfterDays')))); T('backup', 'UpdateBackupPlan', lambda: b.update_backup_plan(BackupPlanId=bp['BackupPlanId'], BackupPlan={'BackupPlanName': 'p' + U, 'Rules': [{'RuleName': 'r2', 'TargetBackupVaultName': 'v' + U}]})); T('backup', 'CreateBackupSelection', lambda: b.create_backup_selection(BackupPlanId=bp['BackupPlanId'], BackupSelection={'SelectionName': 's', 'IamRoleArn': f'arn:aws:iam::{ACCT}:role/b', 'Resources': ['*']})); T('backup', 'PutBackupVaultAccessPolicy', lambda: b.put_backup_vault_access_policy(BackupVaultName='v' + U, Policy='{}')); T('backup', 'PutBackupVaultLockConfiguration', lambda: b.put_backup_vault_lock_configuration(BackupVaultName='v' + U, MinRetentionDays=1)); j = T('backup', 'StartBackupJob', lambda: b.start_backup_job(BackupVaultName='v' + U, ResourceArn=f'arn:aws:ec2:{r}:{ACCT}:volume/vol-1', IamRoleArn=f'arn:aws:iam::{ACCT}:role/b')); T('backup', 'StartCopyJob', lambda: b.start_copy_job(RecoveryPointArn='arn:aws:ec2:x::snapshot/snap-1', SourceBackupVaultName='v' + U, DestinationBackupVaultArn=f'arn:aws:backup:ap-northeast-3:{ACCT}:backup-vault:d', IamRoleArn=f'arn:aws:iam::{ACCT}:role/b')); T('backup', 'ListRecoveryPointsByBackupVault', lambda: b.list_recovery_points_by_backup_vault(BackupVaultName='v' + U))
    g = cl('resourcegroupstaggingapi', r)
    def rg():
        tg = {'rgt': U}; L = [{'Key': 'rgt', 'Value': U}]; mk = {}
        def tr(n, f):
            try: f(); mk[n] = 1
            except Exception as ex: mk[n] = 0
        ec = cl('ec2', r)
        for n in ('vpc', 'subnet', 'security-group', 'route-table', 'network-acl', 'transit-gateway', 'volume', 'snapshot', 'vpc-endpoint', 'instance', 'image'): pass
        v = ec.create_vpc(CidrBlock='10.44.0.0/16', TagSpecifications=TS('vpc', **tg))['Vpc']['VpcId']
        tr('subnet', lambda: ec.create_subnet(VpcId=v, CidrBlock='10.44.0.0/24', TagSpecifications=TS('subnet', **tg))); tr('security-group', lambda: ec.create_security_group(GroupName='g', Description='d', VpcId=v, TagSpecifications=TS('security-group', **tg))); tr('route-table', lambda: ec.create_route_table(VpcId=v, TagSpecifications=TS('route-table', **tg))); tr('network-acl', lambda: ec.create_network_acl(VpcId=v, TagSpecifications=TS('network-acl', **tg))); tr('tgw', lambda: ec.create_transit_gateway(TagSpecifications=TS('transit-gateway', **tg))); tr('vpce', lambda: ec.create_vpc_endpoint(VpcId=v, ServiceName=f'com.amazonaws.{r}.s3', TagSpecifications=TS('vpc-endpoint', **tg)))
        vo = ec.create_volume(AvailabilityZone=r + 'a', Size=1, TagSpecifications=TS('volume', **tg))['VolumeId']; tr('snapshot', lambda: ec.create_snapshot(VolumeId=vo, TagSpecifications=TS('snapshot', **tg)))
        tr('kms', lambda: cl('kms', r).create_key(Tags=[{'TagKey': 'rgt', 'TagValue': U}])); tr('s3', lambda: (cl('s3', r).create_bucket(Bucket=f'rgt-{U}-{r}', CreateBucketConfiguration={'LocationConstraint': r}), cl('s3', r).put_bucket_tagging(Bucket=f'rgt-{U}-{r}', Tagging={'TagSet': L}))); tr('sqs', lambda: cl('sqs', r).create_queue(QueueName='rgt' + U, tags=tg)); tr('logs', lambda: cl('logs', r).create_log_group(logGroupName='/rgt/' + U, tags=tg)); tr('transfer', lambda: cl('transfer', r).create_server(Tags=L)); tr('acm', lambda: cl('acm', r).request_certificate(DomainName='rgt.example', Tags=L)); tr('backup-vault', lambda: cl('backup', r).create_backup_vault(BackupVaultName='rgt' + U, BackupVaultTags=tg)); tr('events', lambda: cl('events', r).put_rule(Name='rgt' + U, ScheduleExpression='rate(1 day)', Tags=L)); tr('iam', lambda: cl('iam', r).create_role(RoleName='rgt' + U + r[-1], AssumeRolePolicyDocument=POL(), Tags=L)); tr('resolver', lambda: cl('route53resolver', r).create_resolver_rule(CreatorRequestId='rgt' + U, RuleType='SYSTEM', DomainName='z.example', Tags=L))
        tr('dhcp', lambda: ec.create_dhcp_options(DhcpConfigurations=[{'Key': 'domain-name', 'Values': ['z']}], TagSpecifications=TS('dhcp-options', **tg)))
        out = [m['ResourceARN'] for p in g.get_paginator('get_resources').paginate(TagFilters=[{'Key': 'rgt', 'Values': [U]}]) for m in p['ResourceTagMappingList']]; ty = sorted({(a.split(':')[2] + ':' + a.split(':')[5].split('/')[0])[:40] for a in out}); rec('tagging', 'GetResources types found (info)', 'INFO', f'{len(out)} of {1 + 1 + sum(mk.values())} created: {ty}; create results {mk}'); return out, mk
    T('tagging', 'GetResources(TagFilters)', rg, lambda x: None if len(x[0]) >= sum(x[1].values()) else f'only {len(x[0])} of {2 + sum(x[1].values())} tagged resources returned'); T('tagging', 'GetTagKeys', lambda: g.get_tag_keys()); T('tagging', 'TagResources', lambda: g.tag_resources(ResourceARNList=[f'arn:aws:s3:::rgt-{U}-{r}'], Tags={'n': '1'}), lambda x: req(f=({}, x.get('FailedResourcesMap', {}))))
    T('cloudcontrol', 'CreateResource', lambda: cl('cloudcontrol', r).create_resource(TypeName='AWS::S3::Bucket', DesiredState=json.dumps({'BucketName': f'cc-{U}-{r}'}))); T('cloudcontrol', 'GetResource', lambda: cl('cloudcontrol', r).get_resource(TypeName='AWS::S3::Bucket', Identifier=C[r].get('bucket', 'x')), lambda x: req(i=(C[r].get('bucket', 'x'), x['ResourceDescription']['Identifier']))); T('cloudcontrol', 'ListResources', lambda: cl('cloudcontrol', r).list_resources(TypeName='AWS::S3::Bucket'))
    T('ce', 'GetCostAndUsage', lambda: cl('ce', r).get_cost_and_usage(TimePeriod={'Start': '2026-01-01', 'End': '2026-01-31'}, Granularity='MONTHLY', Metrics=['UnblendedCost'], GroupBy=[{'Type': 'TAG', 'Key': 'tenant'}])); T('ce', 'GetCostForecast', lambda: cl('ce', r).get_cost_forecast(TimePeriod={'Start': '2026-12-01', 'End': '2026-12-31'}, Granularity='MONTHLY', Metric='UNBLENDED_COST')); T('servicequotas', 'ListServiceQuotas', lambda: cl('service-quotas', r).list_service_quotas(ServiceCode='vpc')); X('organizations', 'DescribeOrganization (no org) -> AWSOrganizationsNotInUseException', 'AWSOrganizationsNotInUseException', lambda: cl('organizations', r).describe_organization()); T('ssm', 'Put/GetParameter', lambda: (cl('ssm', r).put_parameter(Name='/p' + U, Value='v', Type='SecureString'), cl('ssm', r).get_parameter(Name='/p' + U))[1]); T('secretsmanager', 'CreateSecret', lambda: cl('secretsmanager', r).create_secret(Name='s' + U, SecretString='x'))

def t_auth():
    """moto only: toggle IAM enforcement via POST /moto-api/reset-auth (body = number of unauthenticated actions still allowed)."""
    r = REGS[0]; i = cl('iam', r)
    tp = POL({'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole'})
    for n, p in (('deny', POL({'Effect': 'Allow', 'Action': 'ec2:DescribeVpcs', 'Resource': '*'})), ('allow', POL({'Effect': 'Allow', 'Action': ['s3:*', 'ec2:*', 'kms:*'], 'Resource': '*'})), ('cond', POL({'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*', 'Condition': {'StringEquals': {'aws:RequestedRegion': 'us-east-1'}}}))):
        i.create_role(RoleName=n + U, AssumeRolePolicyDocument=tp); i.put_role_policy(RoleName=n + U, PolicyName='p', PolicyDocument=p)
    cr = {n: {k: v for k, v in cl('sts', r).assume_role(RoleArn=f'arn:aws:iam::{ACCT}:role/{n}{U}', RoleSessionName='sess')['Credentials'].items() if k != 'Expiration'} for n in ('deny', 'allow', 'cond')}
    s = cl('s3', r); b = f'auth-{U}'; s.create_bucket(Bucket=b, CreateBucketConfiguration={'LocationConstraint': r}); s.put_object(Bucket=b, Key='k', Body=b'x')
    s.put_bucket_policy(Bucket=b, Policy=POL({'Effect': 'Deny', 'Principal': '*', 'Action': 's3:GetObject', 'Resource': f'arn:aws:s3:::{b}/*'}))
    b2, b3, b4 = b + '2', b + '3', b + '4'
    for q, st in ((b2, {'Principal': '*', 'Condition': {'StringEquals': {'aws:SourceVpce': 'vpce-none'}}}), (b3, {'Principal': {'AWS': f'arn:aws:iam::{ACCT}:role/allow{U}'}}), (b4, {'Principal': {'AWS': f'arn:aws:iam::{ACCT}:role/deny{U}'}})):
        s.create_bucket(Bucket=q, CreateBucketConfiguration={'LocationConstraint': r}); s.put_object(Bucket=q, Key='k', Body=b'x'); s.put_bucket_policy(Bucket=q, Policy=POL({'Effect': 'Deny', 'Action': 's3:GetObject', 'Resource': f'arn:aws:s3:::{q}/*', **st}))
    post = lambda d: urllib.request.urlopen(urllib.request.Request(A.endpoint + '/moto-api/reset-auth', data=d.encode(), method='POST', headers={'Content-Type': 'text/plain'})).read()
    X('auth', 'enforcement OFF: role w/o permission -> AccessDenied', ['AccessDenied', 'UnauthorizedOperation'], lambda: cl('s3', r, cr['deny']).list_objects_v2(Bucket=b)); X('auth', 'enforcement OFF: bucket policy Deny GetObject -> AccessDenied', 'AccessDenied', lambda: cl('s3', r, cr['allow']).get_object(Bucket=b, Key='k'))
    try: post('0')
    except Exception as ex: rec('auth', 'POST /moto-api/reset-auth', 'NOTIMPL', ex); return
    X('auth', 'enforcement ON: role w/o permission S3 -> AccessDenied', 'AccessDenied', lambda: cl('s3', r, cr['deny']).list_objects_v2(Bucket=b)); T('auth', 'enforcement ON: role with permission EC2', lambda: cl('ec2', r, cr['deny']).describe_vpcs()); X('auth', 'enforcement ON: role w/o permission EC2 -> UnauthorizedOperation', 'UnauthorizedOperation', lambda: cl('ec2', r, cr['deny']).create_vpc(CidrBlock='10.0.0.0/16')); X('auth', 'enforcement ON: role w/o permission KMS -> AccessDeniedException', 'AccessDeniedException', lambda: cl('kms', r, cr['deny']).list_keys()); T('auth', 'enforcement ON: role allowed s3:*', lambda: cl('s3', r, cr['allow']).list_objects_v2(Bucket=b)); X('auth', 'enforcement ON: bucket policy Deny wins over role Allow', 'AccessDenied', lambda: cl('s3', r, cr['allow']).get_object(Bucket=b, Key='k')); X('auth', 'enforcement ON: unknown access key -> InvalidAccessKeyId', ['InvalidAccessKeyId', 'AuthFailure', 'InvalidClientTokenId'], lambda: cl('s3', r, {'AccessKeyId': 'AKIAUNKNOWN', 'SecretAccessKey': 'x'}).list_buckets()); X('auth', 'enforcement ON: bad secret -> SignatureDoesNotMatch', ['SignatureDoesNotMatch', 'AuthFailure'], lambda: cl('s3', r, {**cr['allow'], 'SecretAccessKey': 'wrong'}).list_objects_v2(Bucket=b)); X('auth', 'enforcement ON: role Allow with unmet Condition (RequestedRegion) -> AccessDenied', 'AccessDenied', lambda: cl('s3', r, cr['cond']).list_objects_v2(Bucket=b)); T('auth', 'enforcement ON: bucket policy Deny with unmet Condition (SourceVpce) must not deny', lambda: cl('s3', r, cr['allow']).get_object(Bucket=b2, Key='k')); X('auth', 'enforcement ON: explicit Deny in bucket policy by role ARN', ['AccessDenied', '403'], lambda: cl('s3', r, cr['allow']).get_object(Bucket=b3, Key='k')); T('auth', 'enforcement ON: bucket policy Deny naming another role must not deny', lambda: cl('s3', r, cr['allow']).get_object(Bucket=b4, Key='k'))
    post('10000000000')

G = [('kms', t_kms), ('ec2', t_ec2), ('s3', t_s3), ('transfer', t_transfer), ('resolver', t_resolver), ('iam', t_iam), ('misc', t_misc)]
for REG in REGS:
    for n, f in G:
        if ONLY and n not in ONLY: continue
        t0 = time.time()
        try: f(REG)
        except Exception as ex:
            import traceback; rec(n, '(probe group aborted)', 'ERR', f'{type(ex).__name__}: {ex} @ {traceback.extract_tb(ex.__traceback__)[1].lineno}')
        if not A.quiet: print(f'-- {REG} {n} {time.time()-t0:.1f}s', flush=True)
if A.auth:
    REG = REGS[0]
    try: t_auth()
    except Exception as ex: rec('auth', '(aborted)', 'ERR', ex)
json.dump(R, open(A.out, 'w'), indent=0)
ct = collections.Counter((x['region'], x['status']) for x in R); print(dict(ct)); print(collections.Counter(x['status'] for x in R))
