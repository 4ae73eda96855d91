"""The page's HTML, for Jinja: one file that needs no network."""

PAGE = """\
{% macro inline(text) %}
{% for piece in text.split("`") %}
{% if loop.index0 % 2 %}<code>{{ piece }}</code>{% else %}{{ piece }}{% endif %}
{% endfor %}
{% endmacro %}
{% macro figure(cell) %}
{% set value, bracket, interval = cell.partition(" [") %}
{{ value }}{% if bracket %} <i>[{{ interval }}</i>{% endif %}
{% endmacro %}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ document.title }}</title>
<style>
:root { --ink: #22303c; --soft: #5d6b78; --line: #dfe4e8; --accent: #2d7d5a; --bad: #c4512d; --paper: #fff; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0; color: var(--ink); background: #f4f6f7;
  font: 16px/1.6 "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; }
.frame { display: grid; grid-template-columns: 15rem minmax(0, 56rem); gap: 2.5rem; max-width: 76rem; margin: 0 auto;
  padding: 2rem 1.5rem 4rem; }
nav { position: sticky; top: 2rem; align-self: start; font-size: .875rem; }
nav strong { display: block; margin-bottom: .75rem; letter-spacing: .02em; }
nav a { display: block; padding: .25rem 0 .25rem .75rem; color: var(--soft); text-decoration: none;
  border-left: 2px solid var(--line); }
nav a:hover { color: var(--ink); border-color: var(--accent); }
h1 { margin: 0 0 1.25rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0 0 .75rem; font-size: 1.2rem; letter-spacing: -.005em; }
section { margin-top: 1.25rem; padding: 1.5rem 1.75rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: 8px; }
p { margin: 0 0 1rem; max-width: 70ch; overflow-wrap: anywhere; }
ul { margin: 0 0 1rem; padding-left: 1.2rem; max-width: 70ch; }
li { margin-bottom: .35rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; }
.tile { padding: .9rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.tile b { display: block; font-size: 1.45rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .8rem; }
.tile i { display: block; color: var(--soft); font-size: .75rem; font-style: normal;
  font-variant-numeric: tabular-nums; }
.alarm { margin-top: .75rem; padding: .9rem 1.1rem; color: #7c2d14; background: #fbeee9; border: 1px solid #eec5b6;
  border-left: 4px solid var(--bad); border-radius: 6px; }
.wide { overflow-x: auto; margin: 0 0 1.25rem; }
table { width: 100%; border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th { padding: .4rem .45rem; color: var(--soft); font-weight: 600; text-align: right; vertical-align: bottom;
  border-bottom: 2px solid var(--line); }
td { padding: .35rem .45rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
td i { color: var(--soft); font-style: normal; white-space: nowrap; }
.words { text-align: left; overflow-wrap: break-word; }
th:first-child, td:first-child { padding-left: 0; }
tr.chosen td { font-weight: 650; background: #eef6f2; }
tr.chosen td:first-child { box-shadow: -.5rem 0 0 #eef6f2; }
figure { margin: 0 0 1.25rem; }
img { display: block; width: 100%; height: auto; }
code { padding: .05rem .3rem; background: #f0f3f4; border-radius: 4px;
  font: .86em "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre { margin: 0 0 1rem; padding: .9rem 1rem; overflow-x: auto; background: #f4f6f7; border-radius: 6px;
  font: .82rem/1.5 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
section > :last-child { margin-bottom: 0; }
@media (max-width: 60rem) { .frame { grid-template-columns: minmax(0, 1fr); } nav { position: static; } }
@media (max-width: 45rem) { .frame { padding: 1rem .75rem; } section { padding: 1rem; }
  table { font-size: .75rem; } td, th { padding: .3rem .25rem; } td i { white-space: normal; } }
@media print { body { background: #fff; } nav { display: none; } .frame { display: block; padding: 0; }
  section { border: 0; padding: 1rem 0; } figure, tr { break-inside: avoid; } }
</style>
</head>
<body>
<div class="frame">
<nav aria-label="Sections">
<strong>{{ document.title }}</strong>
{% for section in document.sections %}
<a href="#{{ section.anchor }}">{{ section.title }}</a>
{% endfor %}
</nav>
<main>
<h1>{{ document.title }}</h1>
<div class="tiles">
{% for name, value, note in tiles %}
<div class="tile"><span>{{ name }}</span><b>{{ value }}</b><i>{{ note }}</i></div>
{% endfor %}
</div>
{% for alarm in alarms %}
<div class="alarm" role="alert">{{ alarm }}</div>
{% endfor %}
{% for section in document.sections %}
<section id="{{ section.anchor }}">
<h2>{{ section.title }}</h2>
{% for block in section.blocks %}
{% if block is string %}
<p>{{ inline(block) }}</p>
{% elif block.items is defined %}
<ul>{% for item in block.items %}<li>{{ inline(item) }}</li>{% endfor %}</ul>
{% elif block.png is defined %}
<figure><img src="data:image/png;base64,{{ block.png | base64 }}" alt="{{ block.alt }}"></figure>
{% elif block.rows is defined %}
<div class="wide"><table>
<thead><tr>{% for column in block.columns %}
<th scope="col"{% if loop.index0 in block.words %} class="words"{% endif %}>{{ column }}</th>
{%- endfor %}</tr></thead>
<tbody>
{% for row in block.rows %}
<tr{% if loop.index0 == block.highlighted %} class="chosen"{% endif %}>
{%- for cell in row %}
<td{% if loop.index0 in block.words %} class="words"{% endif %}>{{ figure(cell) }}</td>
{%- endfor %}
</tr>
{% endfor %}
</tbody></table></div>
{% else %}
<pre>{{ block.text }}</pre>
{% endif %}
{% endfor %}
</section>
{% endfor %}
</main>
</div>
</body>
</html>
"""
