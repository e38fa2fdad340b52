/** Tables and bars of the statistics. */

interface TableProps {
  name: string;
  head: string[];
  rows: string[][];
}

/** Scrolls by itself where it is wider than the page. */
export function Table({ name, head, rows }: TableProps) {
  return (
    <div class="scroller" role="region" aria-label={name} tabIndex={0}>
      <table class="numbers">
        <thead>
          <tr>
            {head.map((each) =>
              each === "" ? (
                <td key={each} />
              ) : (
                <th scope="col" key={each}>
                  {each}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...rest]) => (
            <tr key={first}>
              <th scope="row">{first}</th>
              {rest.map((cell, index) => (
                <td key={head[index + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HistogramProps {
  name: string;
  /** Of tenths of the scale. */
  counts: number[];
  /** The top of the scale. */
  top: number;
}

/** How many lie in each tenth of the scale. */
export function Histogram({ name, counts, top }: HistogramProps) {
  const most = Math.max(1, ...counts);
  const step = top / counts.length;
  return (
    <ol class="histogram" aria-label={name}>
      {counts.map((count, index) => (
        <li key={index * step}>
          <span class="points">{count}</span>
          <svg viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">
            <rect x={0} width={10} y={100 - (count / most) * 100} height={(count / most) * 100} />
          </svg>
          <span class="hint">
            {Math.round(index * step)}–{Math.round((index + 1) * step)}
          </span>
        </li>
      ))}
    </ol>
  );
}
