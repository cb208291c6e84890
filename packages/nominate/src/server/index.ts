export { NOMINATE_METRICS, type NominateMetric } from '../api/metrics/catalogue.ts';
export { OLD_ROUTES, type OldRoute } from '../api/old/table.ts';
export { type OpenApi, openApiDocument } from '../api/openapi.ts';
export {
  API_LIMITS,
  type ApiLimits,
  type ApiOptions,
  type EndpointState,
  type FeedState,
} from '../api/options.ts';
export { API_PROBLEMS, type ApiProblemCode, type ProblemDocument } from '../api/problem.ts';
export { replayByProcess } from '../api/replay-process.ts';
export { nominateApi } from './plugin.ts';
export { nominateServer } from './server.ts';
