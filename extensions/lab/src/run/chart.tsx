/** A small chart of one metric, drawn as SVG in the theme's colours. */
import * as React from 'react';
import { figure } from '../texts';
import { type ICurve, placed } from './curves';

const WIDTH = 240;
const HEIGHT = 64;
const PAD = 5;

export function Chart({ curve, tone }: { curve: ICurve; tone: number }): React.ReactElement {
  const [at, setAt] = React.useState<number | null>(null);
  const points = placed(curve, WIDTH - 2 * PAD, HEIGHT - 2 * PAD).map(p => ({
    x: p.x + PAD,
    y: p.y + PAD
  }));
  const shown = at === null ? points.length - 1 : Math.min(at, points.length - 1);
  const line = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const point = points[shown];
  const value = curve.points[shown];
  const onMove = (event: React.MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(nearest(points, (WIDTH * (event.clientX - box.left)) / box.width));
  };
  return (
    <figure className="wb-Chart" data-tone={tone % 4} data-testid={`wb-chart-${curve.name}`}>
      <figcaption>
        <span className="wb-Chart-name">{curve.name}</span>
        <span className="wb-Chart-value">{value ? figure(value.value) : ''}</span>
        <span className="wb-Chart-step">{value && at !== null ? `step ${value.step}` : ''}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${curve.name}: from ${figure(curve.points[0]?.value ?? 0)} to ${figure(curve.last)}`}
        onMouseMove={onMove}
        onMouseLeave={() => setAt(null)}
      >
        {[PAD, HEIGHT / 2, HEIGHT - PAD].map(y => (
          <line key={y} className="wb-Chart-grid" x1={0} x2={WIDTH} y1={y} y2={y} />
        ))}
        {points.length > 1 && (
          <>
            <polygon
              className="wb-Chart-area"
              points={`${PAD},${HEIGHT - PAD} ${line} ${WIDTH - PAD},${HEIGHT - PAD}`}
            />
            <polyline className="wb-Chart-line" points={line} />
          </>
        )}
        {point && <circle className="wb-Chart-dot" cx={point.x} cy={point.y} r={3} />}
      </svg>
      <div className="wb-Chart-range">
        <span>low {figure(curve.least)}</span>
        <span>high {figure(curve.most)}</span>
      </div>
    </figure>
  );
}

function nearest(points: readonly { x: number }[], x: number): number {
  return points.reduce(
    (best, point, i) => (Math.abs(point.x - x) < Math.abs((points[best]?.x ?? 0) - x) ? i : best),
    0
  );
}
