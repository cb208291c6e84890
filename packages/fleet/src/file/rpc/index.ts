export {
  fits,
  isOnce,
  isSubscribing,
  isUnsafe,
  isUnsubscribing,
  matcher,
  UNSAFE_METHODS,
} from './methods.ts';
