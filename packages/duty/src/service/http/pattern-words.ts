import { jsonSchema, type WordsOfPattern } from '@watchbill/kit/http';
import type { z } from 'zod';
import { chainText, chainWords, dutyText, keyText, keyWords, nameText } from '../../rule/index.ts';
import { reportParams, trimRequest } from '../shapes/admin.ts';
import { claimReply, decisionQuery } from '../shapes/claims.ts';
import { readinessReport, votesReport } from '../shapes/reports.ts';
import { decimal, digestText, id, reasonText, unitText } from '../shapes/texts.ts';
import { unitsQuery } from '../shapes/units.ts';

const kinds = readinessReport.shape.unknownKinds.unwrap();
const vote = votesReport.shape.votes.element.shape;

/** The values that a pattern of a request takes: in words, with an example. */
const WORDS: readonly (readonly [shape: z.ZodType, takes: string, example: string])[] = [
  [keyWords, 'the name of a key, its last six digits or more, or all of it', 'alpha'],
  [chainWords, 'the genesis hash of the chain, or its last six digits or more', '0fa38d'],
  [keyText, 'all of the public session key: 0x and 64 lower-case hex digits', `0x${'d4'.repeat(32)}`],
  [chainText, 'all of the hash: 0x and 64 lower-case hex digits', `0x${'91'.repeat(32)}`],
  [nameText, 'a name of lower-case letters, digits, dots and dashes, at most 63', 'alpha-1'],
  [dutyText, 'the name of a duty', 'babe'],
  [decimal, 'a whole number in decimal, as a text', '281234567'],
  [id, 'an id of letters, digits, `_` and `-`, at most 64', 'claim-1'],
  [digestText, 'a digest: 0x and two hex digits for each byte', '0x5f0c'],
  [reasonText, 'a text of one line, at most 500 characters', 'the old node is powered off'],
  [unitText, 'the fields of the unit in decimal, joined by `/`', '12/345'],
  [reportParams.shape.id, 'an id of 32 lower-case hex digits', '4f1c09d2a86b4d7e93a05b1c77e0d6a2'],
  [trimRequest.shape.sha256, 'a SHA-256 in 64 lower-case hex digits', '4d2f'.repeat(16)],
  [claimReply.shape.word, 'the word of the last reply, exactly as it was', 'w1.abc'],
  [vote.unit, 'set and round in decimal, joined by `/`', '12/340'],
  [vote.digest, 'the hash and the number of the block: 0x and 80 hex digits', `0x${'5f'.repeat(40)}`],
  [vote.signature, 'a signature: 0x and 128 hex digits', `0x${'5f'.repeat(64)}`],
  [kinds.element, 'a kind of key: up to 8 characters of ASCII', 'nimb'],
  [decisionQuery.shape.before, 'the id of a decision', '1200'],
  [decisionQuery.shape.limit, 'a number from 1 to 1000', '100'],
  [unitsQuery.shape.before, '`next` of the last page', 'babe/299196429'],
  [unitsQuery.shape.limit, 'a number from 1 to 256', '100'],
  [unitsQuery.shape.since, 'a time in Unix milliseconds', '1795760223000'],
];

const BY_PATTERN = new Map(
  WORDS.map(([shape, takes, example]) => [jsonSchema(shape, 'input').pattern, [takes, example] as const]),
);

export const patternWords: WordsOfPattern = (pattern) => BY_PATTERN.get(pattern) ?? null;
