import type { Route } from '../api/route.ts';
import { apiPage } from './api-page.ts';
import { candidatePage } from './candidate-page.ts';
import { candidatesPage } from './candidates-page.ts';
import { FILES } from './files.ts';
import { jobsPage } from './jobs-page.ts';
import { intentPage, nominatorsPage } from './nominators-page.ts';
import { roundPage, roundsPage } from './round-page.ts';
import { statusPage } from './status-page.ts';

/**
 * Every page, and the files that the pages load. They are for people, so the OpenAPI document leaves them
 * out.
 */
export const PAGES: readonly Route[] = [
  statusPage,
  candidatesPage,
  candidatePage,
  nominatorsPage,
  intentPage,
  roundsPage,
  roundPage,
  jobsPage,
  apiPage,
  ...FILES,
];
