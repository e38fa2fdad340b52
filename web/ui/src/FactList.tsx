export type Fact = readonly [name: string, value: string];

/** Named values, side by side. */
export function FactList({ facts, class: more = "" }: { facts: readonly Fact[]; class?: string }) {
  return (
    <dl class={`facts ${more}`}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
