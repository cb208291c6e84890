import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readIp } from '../address/ip.ts';
import { readTable, TABLE_LIMITS } from './table-text.ts';

async function placeIn(text: string, address: string) {
  const read = await readTable(text);
  assert.ok(read.ok, JSON.stringify(read));
  const ip = readIp(address);
  return ip === null ? null : read.table.placeOf(ip);
}

async function problemsIn(text: string): Promise<readonly string[]> {
  const read = await readTable(text);
  return read.ok ? [] : read.problems.map(({ line, message, remedy }) => `${line}: ${message}; ${remedy}`);
}

test('a line has country, system and provider, and further fields if the table has them', async () => {
  const text =
    '# a comment\r\n203.0.113.0/24,de,AS64496,"Example, Hosting",Hesse,Frankfurt,hosting\r\n\r\n2001:db8::/32,FI,,Example\n';
  assert.deepEqual(await placeIn(text, '203.0.113.255'), {
    ...{ country: 'DE', region: 'Hesse', city: 'Frankfurt', provider: 'Example, Hosting', asn: 64_496 },
    kind: 'hosting',
  });
  assert.deepEqual(await placeIn(text, '2001:db8:ffff::1'), {
    country: 'FI',
    region: '',
    city: '',
    provider: 'Example',
  });
  for (const outside of [
    '203.0.112.255',
    '203.0.114.0',
    '2001:db7:ffff::',
    '2001:db9::',
    '0.0.0.0',
    '255.255.255.255',
  ])
    assert.equal(await placeIn(text, outside), null, outside);
});

test('a first line may name the columns, in any order; a provider without a name is called by its number', async () => {
  const text = '\ufeffASN, network ,kind\n64496,203.0.113.0/24,ISP\n,203.0.113.7,\n';
  assert.deepEqual(await placeIn(text, '203.0.113.8'), {
    country: '',
    region: '',
    city: '',
    provider: 'AS64496',
    asn: 64_496,
    kind: 'isp',
  });
  assert.deepEqual(await placeIn(text, '203.0.113.7'), { country: '', region: '', city: '', provider: '' });
});

test('ranges with tabs are read as iptoasn.com publishes them', async () => {
  const text = [
    '1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET',
    '1.0.1.0\t1.0.3.255\t0\tNone\tNot routed',
    '1.0.4.0\t1.0.6.255\t38803\tNone\tGTELECOM, "quoted"',
    '2001:db8::\t2001:db8::ff\t64496\tDE\t',
  ].join('\n');
  assert.equal((await placeIn(text, '1.0.0.255'))?.provider, 'CLOUDFLARENET');
  assert.equal(await placeIn(text, '1.0.2.0'), null);
  assert.deepEqual(await placeIn(text, '1.0.6.255'), {
    country: '',
    region: '',
    city: '',
    provider: 'GTELECOM, "quoted"',
    asn: 38_803,
  });
  assert.deepEqual(await placeIn(text, '2001:db8::80'), {
    country: 'DE',
    region: '',
    city: '',
    provider: 'AS64496',
    asn: 64_496,
  });
});

const WRONG: Readonly<Record<string, RegExp>> = {
  '': /^1: the table has no network/,
  '# nothing\n': /^1: the table has no network/,
  '203.0.113.1/24,DE': /^1: "203.0.113.1\/24" has bits set after its prefix; write 203.0.113.0\/24/,
  '\n203.0.113.0/33': /^2: "203.0.113.0\/33" is not a network; write it as/,
  '203.0.113.0/-1': /is not a network/,
  '203.0.113.0/24/1': /is not a network/,
  '203.0.113/24': /is not a network/,
  'localhost,DE': /is not a network/,
  '203.0.113.0/24,Germany': /"Germany" is not a country code; write its two letters/,
  '203.0.113.0/24,DE,ASx': /"ASx" is not the number of a system/,
  '203.0.113.0/24,DE,4294967296': /is not the number of a system/,
  '203.0.113.0/24,DE,1,p,r,c,cloud':
    /"cloud" is not a kind of network; write one of hosting, isp, self-hosted/,
  '203.0.113.0/24,DE,1,p,r,c,isp,more': /8 fields; write at most 7/,
  '203.0.113.0/24,DE,1,"p': /a double quote is not closed/,
  '203.0.113.0/24,DE,1,p\u202e': /the provider is too long, or has invisible characters/,
  [`203.0.113.0/24,DE,1,${'p'.repeat(129)}`]: /the provider is too long/,
  'network,contry\n203.0.113.0/24,DE':
    /^1: "contry" is not a column, or is named twice; name each of network, country/,
  'network,network\n203.0.113.0/24,DE': /^1: "network" is not a column, or is named twice/,
  '203.0.113.0/24\n2001:db8::/32\n203.0.113.0/24': /^3: line 1 has the same network; keep one/,
  '1.0.0.9\t1.0.0.1\t1\tDE\tx': /is not a range/,
  '1.0.0.0\t2001:db8::1\t1\tDE\tx': /is not a range/,
  '1.0.0.0\t1.0.0.9\t1\tDE': /4 fields between tabs/,
  '1.0.0.0\t1.0.0.9\t1\tDE\tx\n1.0.0.5\t1.0.0.20\t2\tFI\ty':
    /^2: it overlaps the range of line 1 in part; divide it/,
};

for (const [text, expected] of Object.entries(WRONG))
  test(`refused with line and remedy: ${JSON.stringify(text.slice(0, 40))}`, async () => {
    assert.match((await problemsIn(text)).join('\n'), expected);
  });

test('reading stops at the most rows, and at the most problems that a person reads', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => `203.0.113.${at}/32,DE`);
  const read = await readTable([...rows, '198.51.100.0/24'].join('\n'), { rows: 29 });
  assert.ok(
    !read.ok &&
      read.problems.length === 1 &&
      read.problems[0]?.line === 30 &&
      /more than 29 networks/.test(read.problems[0].message),
  );
  assert.ok((await readTable(rows.join('\n'), { rows: 30 })).ok);
  assert.equal((await problemsIn(rows.map((row) => `${row}x`).join('\n'))).length, TABLE_LIMITS.problems);
  assert.equal((await problemsIn([...rows, ...rows].join('\n'))).length, TABLE_LIMITS.problems);
});

/** Networks of few bits, so that many of them are nested. */
const network = fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 16, max: 32 }), fc.boolean());

test('the longest prefix wins, as a look at every network finds it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(network, { minLength: 1, maxLength: 40, selector: (one) => networkText(...one).text }),
      fc.array(fc.tuple(fc.nat(255), fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 30 }),
      async (networks, asked) => {
        const all = networks.map((one) => networkText(...one));
        const read = await readTable(all.map(({ text }, at) => `${text},DE,${at + 1}`).join('\n'));
        assert.ok(read.ok, JSON.stringify(read));
        for (const [third, fourth, isSix] of asked) {
          const { ip } = networkText(third, fourth, 32, isSix);
          const holding = all
            .map((one, at) => ({ ...one, at }))
            .filter(({ ip: of, bits }) => holds(of, bits, ip));
          const best = holding.toSorted((a, b) => b.bits - a.bits)[0];
          assert.equal(read.table.placeOf(ip)?.asn, best === undefined ? undefined : best.at + 1);
        }
      },
    ),
  );
});

/** In IPv6 the same bits follow 2001:db8::/96. */
function networkText(third: number, fourth: number, prefix: number, isSix: boolean) {
  const low = ((BigInt(third) << 8n) | BigInt(fourth)) & (~0n << BigInt(32 - prefix));
  const address = isSix ? `2001:db8::${low.toString(16)}` : `203.0.${low >> 8n}.${low & 255n}`;
  const ip = readIp(address);
  assert.ok(ip !== null);
  const bits = isSix ? prefix + 96 : prefix;
  return { ip, bits, text: `${ip.text}/${bits}` };
}

function holds(
  of: { family: number; value: bigint },
  bits: number,
  ip: { family: number; value: bigint },
): boolean {
  const shift = BigInt((of.family === 4 ? 32 : 128) - bits);
  return of.family === ip.family && of.value >> shift === ip.value >> shift;
}
