// All tests that need root and the tracer, with one tracer, one Prometheus and one scene for all.
// Any of the files can be run alone: `node --test render.test.js`.
import './names.test.js';
import './prometheus.test.js';
import './landing.test.js';
import './render.test.js';
import './summary.test.js'; // last: it ends the tracer
