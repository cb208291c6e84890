// A bounded number of jobs at once, in their order; a job may ask for the machine to itself.

/** @param {number} size slots; a job takes one, or all of them if `alone` */
export function createPool(size) {
  let free = size;
  const waiting = [];

  function admit() {
    while (waiting.length > 0 && waiting[0].slots <= free) {
      const next = waiting.shift();
      free -= next.slots;
      next.enter();
    }
  }

  return {
    /** Runs the work when it is its turn. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
    async run(work, { alone = false } = {}) {
      const slots = alone ? size : 1;
      await new Promise((enter) => {
        waiting.push({ slots, enter });
        admit();
      });
      try {
        return await work();
      } finally {
        free += slots;
        admit();
      }
    },
  };
}
