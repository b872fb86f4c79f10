// The dashboard as a page: variables on top, rows as headings, panels where gridPos puts them.
import { EventBusSrv, createTheme } from '@grafana/data';
import { GlobalStyles, PanelChrome, PanelContextProvider, ThemeContext } from '@grafana/ui';
import { createRoot } from 'react-dom/client';

import { withDefaults } from './defaults';
import { annotationMarks, panelData } from './queries';
import { Visualization } from './visualizations';

const theme = createTheme({ colors: { mode: 'dark' } });
const COLUMNS = 24;
const CELL = 30; // pixels; the gap is in it, as in Grafana
const GAP = 8;
const MARGIN = 16;

/** Where Grafana would put it, in pixels, on a page of WIDTH. */
function place({ x, y, w, h }, width) {
  const column = (width - 2 * MARGIN + GAP) / COLUMNS;
  const row = CELL + GAP;
  return {
    position: 'absolute',
    left: MARGIN + x * column, top: y * row,
    width: w * column - GAP, height: h * row - GAP,
  };
}

const Variables = ({ list }) => (
  <header>
    {list.map(({ name, label, type }) => (
      <span className="variable" key={name}>
        <label>{label ?? name}</label>
        <span>{type === 'datasource' ? 'Prometheus' : 'All'}</span>
      </span>
    ))}
  </header>
);

const Row = ({ panel, style }) => <h2 style={style}>{panel.title}</h2>;

function Panel({ panel, data, view, marks, style }) {
  return (
    <section style={style} data-panel={panel.id}>
      <PanelContextProvider value={{ eventsScope: String(panel.id), eventBus: new EventBusSrv() }}>
        <PanelChrome
          width={style.width} height={style.height} title={panel.title}
          description={panel.description}
        >
          {(width, height) => (
            <Visualization {...{ panel, data, view, marks, theme, width, height }} />
          )}
        </PanelChrome>
      </PanelContextProvider>
    </section>
  );
}

function Dashboard({ view, drawn, marks }) {
  const width = document.documentElement.clientWidth;
  const bottom = Math.max(...drawn.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <h1>{view.dashboard.title}</h1>
      <Variables list={view.dashboard.templating.list} />
      <main style={{ position: 'relative', height: bottom * (CELL + GAP) }}>
        {drawn.map(({ panel, data }) => {
          const style = place(panel.gridPos, width);
          return panel.type === 'row'
            ? <Row key={panel.id} panel={panel} style={style} />
            : <Panel key={panel.id} {...{ panel, data, view, marks, style }} />;
        })}
      </main>
    </ThemeContext.Provider>
  );
}

async function draw(panel, view) {
  if (panel.type === 'row') return { panel };
  const complete = withDefaults(panel);
  return { panel: complete, data: await panelData(complete, view, theme) };
}

/** VIEW: `{dashboard, range: {from, to}, scrape}`, in Unix seconds and seconds. */
async function show(view) {
  const drawn = await Promise.all(view.dashboard.panels.map((panel) => draw(panel, view)));
  const marks = await annotationMarks(view);
  const root = createRoot(document.getElementById('root'));
  // Plots measure and draw their text once: the fonts have to be there before.
  root.render(<ThemeContext.Provider value={theme}><GlobalStyles /></ThemeContext.Provider>);
  await new Promise((resolve) => requestAnimationFrame(resolve));
  await Promise.all([400, 500].map((weight) => document.fonts.load(`${weight} 12px Inter`)));
  root.render(<Dashboard {...{ view, drawn, marks }} />);
}

show(await (await fetch('/view.json')).json());
