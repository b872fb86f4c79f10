import { setTimeout as delay } from 'node:timers/promises';

/**
 * The first truthy answer of CONDITION, which may be async. Throws after LIMIT seconds, telling
 * WHAT was waited for, and what CONDITION threw last, if it did: not being able to ask yet is an
 * answer, too.
 */
export async function until(what, condition, limit = 30) {
  const end = performance.now() + limit * 1000;
  let failure;
  while (performance.now() < end) {
    try {
      const answer = await condition();
      if (answer) return answer;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(50);
  }
  throw new Error(`waited ${limit} s for ${what}`, { cause: failure });
}
