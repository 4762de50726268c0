/** Estimates as tests of the pages compare them with real layers. */

import { computed, type Size } from '../../server/src/size/size.ts';

/** An estimate with its band. */
export function estimated(low: number, bytes: number, high: number, atLeast = false): Size {
  return { ...computed(bytes, 'Estimated.'), basis: 'estimated', low, high, atLeast };
}
