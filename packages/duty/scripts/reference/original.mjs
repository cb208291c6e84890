import { fenced, table } from '../../../../scripts/reference/markdown.mjs';

/**
 * The section of the original wire protocol: its routes come before the router and have their own answers.
 */
export const ORIGINAL = [
  '## Original wire protocol',
  'The protocol of the Web3 Foundation grant, for nodes that already use it. [How to use it](../how-to/original-wire.md) describes the setup and the limits: it binds no payload.',
  table(
    ['request', 'claims', 'unit'],
    [
      [
        '`PUT BASE/authorize/slot/{n}`',
        'the slot duty of the policy (`originalWire.slotDuty`), without digest',
        'slot n',
      ],
      [
        '`PUT BASE/authorize/round/{n}`',
        '`grandpa`: enter, propose, prevote and precommit together, all or none',
        "(set id of the claimant's node, n)",
      ],
      ['`PUT BASE/authorize/session/{n}`', '`im-online`', 'session n'],
      ['`PUT BASE/authorize/{n}`', 'the older form of a slot', 'slot n'],
    ],
  ),
  [
    '- `BASE` is `http(s)://HOST:PORT/original/SECRET`. The secret is the identity: it stands for one node and one key. `watchbill token create --original` makes it. It never reaches a log.',
    '- A body of the request is read and ignored. Extra slashes in the path are ignored.',
    '- The body of the answer is exactly `true` or `false`, without a newline, whatever the status.',
    '- Numbers are strictly increasing: one that is not above every unit of the mark is `false` (`not-increasing`), also a repeat by the same node.',
    '- Every question about a slot or a session counts as a sign of life of the node, one about a round as well once its set is known.',
  ].join('\n'),
  table(
    ['status', 'body', 'when'],
    [
      ['200', '`true`', 'granted'],
      ['200', '`false`', 'denied; `/v1/decisions` has the reason'],
      ['400', '`false`', 'the number is not a canonical u64 (recorded as `malformed`), or this is not HTTP'],
      ['401', '`false`', 'the secret is not known'],
      ['404', '`false`', 'there is no such path'],
      ['405', '`false`', 'another method than PUT'],
      ['413', '`false`', 'the body is too large'],
      ['429', '`false`', 'too many claims are under way; `Retry-After` says when to ask again'],
      ['503', '`false`', 'unknown: the store is down, the deadline passed, the service is stopping'],
    ],
  ),
  'Example:',
  fenced('sh', 'curl -sS -X PUT "$(cat alpha.url)/authorize/slot/281234567"'),
];
