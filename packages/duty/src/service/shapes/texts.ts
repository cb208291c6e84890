import type { DeepReadonly } from '@watchbill/kit';
import { z } from 'zod';

/** The type of a value of the API, from its shape. */
export type Of<Shape extends z.ZodType> = DeepReadonly<z.output<Shape>>;

/** Any text for OpenAPI; in the code only these. */
export const textOf = <Text extends string>() => z.string() as unknown as z.ZodType<Text, Text>;

/** The names of a key and of a mark, in answers. */
export const ofKey = { chain: z.string(), key: z.string() };
export const ofMark = { ...ofKey, duty: z.string() };

export const OUTCOMES = ['granted', 'denied', 'unknown'] as const;

export const ROLES = ['node', 'observer', 'operator', 'reader'] as const;

export const decimal = z.string().regex(/^(0|[1-9][0-9]{0,19})$/);

export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

export const digestText = z.string().regex(/^0x([0-9a-f]{2}){1,64}$/);

// No control characters and no surrogates, so that the pattern means one thing with and without the unicode
// flag.
export const reasonText = z.string().regex(/^[ -~\u00a0-\ud7ff\ue000-\uffff]{1,500}$/);

export const unitText = z.string().regex(/^(0|[1-9][0-9]{0,19})(\/(0|[1-9][0-9]{0,19})){0,3}$/);

export const hash = z.string().regex(/^0x[0-9a-f]{64}$/);

export type Role = (typeof ROLES)[number];
