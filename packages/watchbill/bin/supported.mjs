// Which versions of Node run watchbill: ^22.18 || ^24 || >=26, as in package.json.

/** The same in words. */
export const SUPPORTED = 'Node 22.18 or a later 22, any 24, or 26 and later';

/**
 * @param {string} version such as `22.18.0`
 * @returns {boolean}
 */
export function isSupported(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 22 && minor >= 18) || major === 24 || major >= 26;
}
