import { oldRoutes } from './old/routes.ts';
import type { Route } from './route.ts';
import { candidateRoutes } from './routes/candidates.ts';
import { historyRoutes } from './routes/history.ts';
import { metricsRoute } from './routes/metrics.ts';
import { nominatorRoutes } from './routes/nominators.ts';
import { roundRoutes } from './routes/rounds.ts';
import { serviceRoutes } from './routes/service.ts';

/** Every route of the API, in the order of the documentation. */
export const ROUTES: readonly Route[] = [
  ...candidateRoutes,
  ...roundRoutes,
  ...nominatorRoutes,
  ...historyRoutes,
  ...serviceRoutes,
  metricsRoute,
  ...oldRoutes,
];
