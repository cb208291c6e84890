import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MakePages, PagesHost } from './served-pages.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { secretOf, WIRE_SECRET } from './testing/fixed-values.ts';
import { serve } from './testing/server.ts';

test('pages answer for their own paths only, and know identities as the API does', async (context) => {
  let host: PagesHost | undefined;
  let isClosed = false;
  const pages: MakePages = (given) => {
    host = given;
    return {
      owns: (path) => path === '/' || path.startsWith('/console/'),
      handle: (request, response) => response.end(`page of ${given.identify(request).ok}`),
      close: () => {
        isClosed = true;
      },
    };
  };
  const server = await serve(context, fakePermit(), { pages });
  const text = async (path: string, headers = {}) => (await fetch(server.url + path, { headers })).text();
  assert.equal(await text('/?a=b'), 'page of false');
  assert.equal(await text('/console/x', { authorization: `Bearer ${secretOf('reader')}` }), 'page of true');
  assert.match(await text('/livez'), /alive/);
  assert.match(await text('/v1/console/'), /no-such-route/);
  assert.match(await text('/nothing', { accept: 'text/html,*/*' }), /<h1>No such page<.*href="[/]"/);
  assert.ok(host?.isLocal && !host.isTls);
  assert.equal(host.identifySecret(secretOf('operator'))?.role, 'operator');
  assert.equal(host.identifySecret('other'), null);
  assert.equal(host.identifySecret(WIRE_SECRET), null, 'it is of the original wire protocol');
  assert.match(await text('/metrics'), /watchbill_http_requests_total\{route="console",status="200"\} 2/);
  await server.close(0);
  assert.ok(isClosed);
});
