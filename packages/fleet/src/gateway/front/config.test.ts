import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayShape } from '../settings.ts';
import { type FrontPaths, frontFiles } from './config.ts';

const PATHS: FrontPaths = {
  gatewaySocket: '/f/gateway.sock',
  controlSocket: '/f/control.sock',
  keysFile: '/f/keys.map',
  bodiesFile: (tier) => `/f/bodies-${tier}.txt`,
  certificateFile: '/f/tls.pem',
};
const ADDRESSES = { listen: { host: '127.0.0.1', port: 9950 }, admin: { host: '127.0.0.1', port: 9951 } };
const TIER = { methods: ['*'], requestsPerSecond: 10, burst: 20 };
const GOOD = {
  listen: { port: 9950 },
  front: {},
  backends: [{ name: 'a', url: 'ws://127.0.0.1:9944' }],
  tiers: { all: TIER },
  anonymous: 'all',
};

function files(change: object, addresses = ADDRESSES) {
  return frontFiles(gatewayShape.parse({ ...GOOD, ...change }), PATHS, addresses);
}

const problems = (change: object) =>
  (gatewayShape.safeParse({ ...GOOD, ...change }).error?.issues ?? []).map(({ message }) => message).join();
const backends = (...urls: readonly string[]) => ({
  backends: urls.map((url, at) => ({ name: `n${at}`, url })),
});
const serversOf = (text: string) => text.split('\n').filter((line) => /^ {2}server .* track /.test(line));

test('a tier has patterns and tables of its own, by number, and is told by its whole name', () => {
  const { config, bodies } = files({
    tiers: {
      'a.b': TIER,
      submit: { ...TIER, methods: ['author_*'] },
      c_d: { ...TIER, methods: ['chain_*'] },
    },
    anonymous: 'c_d',
  });
  assert.deepEqual(
    bodies.map((text) => text.split('\n').length),
    [7, 1, 7],
  );
  assert.match(config, /\{ var\(txn\.tier\) -m str a\.b \}.*-f '\/f\/bodies-0\.txt'/);
  assert.match(config, /\{ var\(txn\.tier\) -m str c_d \}.*-f '\/f\/bodies-2\.txt'/);
  assert.doesNotMatch(config, /bodies-1|simple-1|keys-1/);
  assert.match(bodies[2] ?? '', /chain_getBlock\b/);
  assert.doesNotMatch(bodies[2] ?? '', /state_/);
});

test('a share is a burst in the time in which the rate fills it, and is not forgotten before', () => {
  const table = (change: object) =>
    /stick-table type string .*/.exec(files({ tiers: { all: { ...TIER, ...change } } }).config)?.[0];
  assert.match(table({}) ?? '', /expire 600000ms store gpc0_rate\(2000ms\)/);
  assert.match(
    table({ requestsPerSecond: 0.001, burst: 2 }) ?? '',
    /expire 2000000ms store gpc0_rate\(2000000ms\)/,
  );
  assert.match(table({ requestsPerSecond: 1e-6, burst: 1_000_000 }) ?? '', /gpc0_rate\(1073741824ms\)/);
  assert.match(table({ requestsPerSecond: 1_000_000, burst: 1 }) ?? '', /gpc0_rate\(1ms\)/);
});

test('addresses of IPv6 are written as HAProxy reads them, and a node is told a name that it takes', () => {
  const { config } = files(backends('ws://[::1]:9944', 'ws://[2001:db8::1]:9944', 'ws://localhost:9945'), {
    listen: { host: '::', port: 9950 },
    admin: { host: '::1', port: 9951 },
  });
  assert.match(config, /bind \[::\]:9950 proto h1/);
  assert.match(config, /server gateway \[::1\]:9951 check/);
  assert.deepEqual(
    serversOf(config).map((line) => line.trim().split(' ').slice(1, 3)),
    [
      ['localhost:9944', '[::1]:9944'],
      ['2001-db8--1:9944', '[2001:db8::1]:9944'],
      ['127.0.0.1:9945', '127.0.0.1:9945'],
    ],
  );
  assert.doesNotMatch(config, /resolvers/);
});

test('the certificate of a node is checked by its name, and its name is looked up again', () => {
  const { config } = files(backends('wss://rpc.example', 'ws://other.example:9944'));
  const [first = '', second = ''] = serversOf(config);
  assert.match(
    first,
    /rpc\.example:443 .*ssl verify required ca-file @system-ca sni str\(rpc\.example\) verifyhost rpc\.example/,
  );
  assert.match(first, /resolvers names init-addr libc,none/);
  assert.doesNotMatch(second, /ssl/);
  assert.match(config, /resolvers names\n {2}parse-resolv-conf/);
});

test('nodes that a front cannot tell apart, or whose certificate it cannot check, are refused', () => {
  assert.equal(problems(backends('ws://127.0.0.1:1', 'ws://127.0.0.1:2')), '');
  assert.match(problems(backends('ws://127.0.0.1:1', 'ws://localhost:1')), /an address of its own/);
  assert.match(problems(backends('wss://a', 'wss://a:443')), /an address of its own/);
  assert.match(problems(backends('ws://127.0.0.1:1/rpc')), /asked at \//);
  for (const url of ['wss://10.0.0.1', 'wss://[2001:db8::1]:443'])
    assert.match(problems(backends(url)), /by its name/);
  assert.equal(problems({ ...backends('wss://10.0.0.1'), front: undefined }), '');
});

test('a forwarded address is believed of proxies alone', () => {
  const { config } = files({ trustedProxies: ['10.0.0.1', '2001:db8::1', 'abc', '10.0.0.0/8'] });
  assert.match(config, /acl by-proxy src 10\.0\.0\.1 2001:db8::1\n/);
  assert.match(
    config,
    /hdr_ip\(x-forwarded-for,-1\) if !has-authorization !has-key by-proxy forwarded !through-two/,
  );
  assert.doesNotMatch(files({ trustedProxies: ['abc'] }).config, /x-forwarded-for/);
  assert.doesNotMatch(files({ anonymous: null, keysFile: 'k' }).config, /txn\.from\) src/);
});

test('a node gets none of the headers of a caller, and an answer of its own words does not pass', () => {
  const { config } = files({});
  assert.match(
    config,
    /http-request del-header '\^\(\?!\(\?:host\|content-length\|content-type\)\$\)' -m reg/,
  );
  assert.match(config, /http-response return status 503 .*"code":-32104.* if !\{ status 200 \}/);
});
