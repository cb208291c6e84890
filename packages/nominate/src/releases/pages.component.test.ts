import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { pageFetcher } from '../service/files.ts';
import { everyPage, PAGE_LIMITS } from './pages.ts';

const SIGNAL = new AbortController().signal;

const serve = async (context: TestContext, answer: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createServer(answer), context)}`;

const read = (url: string, limits: Partial<Record<keyof typeof PAGE_LIMITS, number>> = {}) =>
  everyPage(`${url}/list`, pageFetcher(fetch), SIGNAL, { ...PAGE_LIMITS, ...limits });

/** Pages `/list`, `/list?2` and on, `count` of them. */
const paged =
  (count: number, seen: string[] = [], headers: Record<string, string> = {}): RequestListener =>
  ({ url = '' }, answer) => {
    seen.push(url);
    const at = Number(url.split('?')[1] ?? 1);
    if (at < count) answer.setHeader('link', `</first>; rel="first", </list?${at + 1}>; rel="next"`);
    for (const [name, value] of Object.entries(headers)) answer.setHeader(name, value);
    answer.end(`page ${at}`);
  };

describe('a list in pages', () => {
  test('is read to its end and checked once more: no candidate moved between pages', async (context) => {
    const seen: string[] = [];
    const url = await serve(context, paged(3, seen));
    assert.deepEqual(await read(url), ['page 1', 'page 2', 'page 3']);
    assert.deepEqual(seen, ['/list', '/list?2', '/list?3', '/list']);
  });

  test('on one page is one request', async (context) => {
    const seen: string[] = [];
    assert.deepEqual(await read(await serve(context, paged(1, seen))), ['page 1']);
    assert.deepEqual(seen, ['/list']);
  });

  test('that changed in between is read again, and is refused if it keeps changing', async (context) => {
    let count = 0;
    const moving = (until: number): RequestListener => {
      const plain = paged(2);
      return (request, answer) => {
        if (request.url !== '/list') return plain(request, answer);
        count += 1;
        answer.setHeader('link', '</list?2>; rel=next').end(`first page as of ${Math.min(count, until)}`);
      };
    };
    const settled = await serve(context, moving(2));
    assert.deepEqual(await read(settled), ['first page as of 2', 'page 2']);
    assert.equal(count, 4);
    count = 0;
    await assert.rejects(read(await serve(context, moving(99))), /changed during each of 3 readings/);
  });

  test('whose tag is the same is the same, and needs no second body', async (context) => {
    let unchanged = 0;
    const plain = paged(2, [], { etag: '"a"' });
    const url = await serve(context, (request, answer) => {
      if (request.headers['if-none-match'] !== '"a"') return plain(request, answer);
      unchanged += 1;
      answer.writeHead(304).end();
    });
    assert.equal((await read(url)).length, 2);
    assert.equal(unchanged, 1);
  });
});

describe('bounds of a list in pages', () => {
  test('another host is not asked, neither by a link nor by a redirect of a further page', async (context) => {
    const stolen: string[] = [];
    const other = await serve(context, paged(1, stolen));
    const linked = await serve(context, (_request, answer) =>
      answer.setHeader('link', `<${other}/list>; rel="next"`).end('page 1'),
    );
    await assert.rejects(
      read(linked),
      /names a next page on another host, 127\.0\.0\.1:\d+: it is not followed/,
    );
    const plain = paged(2);
    const redirected = await serve(context, (request, answer) =>
      request.url === '/list?2'
        ? answer.writeHead(302, { location: `${other}/list` }).end()
        : plain(request, answer),
    );
    await assert.rejects(read(redirected), /127\.0\.0\.1:\d+ answered 302/);
    assert.deepEqual(stolen, []);
  });

  test('after a redirect of the first page, the next pages are read from its new address', async (context) => {
    const url = await serve(context, paged(2));
    const old = await serve(context, (_request, answer) =>
      answer.writeHead(301, { location: `${url}/list` }).end(),
    );
    assert.deepEqual(await read(old), ['page 1', 'page 2']);
  });

  test('pages, bytes and circles have an end', async (context) => {
    const url = await serve(context, paged(9));
    await assert.rejects(read(url, { pages: 8 }), /more than 8 pages/);
    assert.equal((await read(url, { pages: 9, bytes: 54 })).length, 9);
    await assert.rejects(read(url, { bytes: 53 }), /sends more than 5 bytes/);
    const circle = await serve(context, (_request, answer) =>
      answer.setHeader('link', '<list>; rel="next"').end('page'),
    );
    await assert.rejects(read(circle), /a next page that was already read/);
  });

  test('a page that fails fails the list: a part of it never counts as the whole', async (context) => {
    const plain = paged(3);
    const url = await serve(context, (request, answer) =>
      request.url === '/list?3' ? answer.writeHead(503).end() : plain(request, answer),
    );
    await assert.rejects(read(url), /answered 503/);
  });
});
