"""How the page looks: colours for light and for dark surroundings, and a layout that fits a phone."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff", "field": "#f3f4f6", "line": "#d5d8de", "ink": "#1f2328", "dim": "#57606a", "good": "#1a6b32",
    "bad": "#b3202a", "warning": "#7d5600", "link": "#0b57b0", "add": "#dcf5e3", "del": "#fde4e4", "keyword": "#8a1f86",
    "string": "#0a5a2a", "comment": "#5a6370", "number": "#9a3a00", "function": "#0b4fa8",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "ground": "#14171c", "field": "#1e2228", "line": "#3a4049", "ink": "#e4e7eb", "dim": "#a3abb7", "good": "#6fd58b",
    "bad": "#ff8f8a", "warning": "#e6b450", "link": "#82b7ff", "add": "#12351f", "del": "#431c20", "keyword": "#e29af0",
    "string": "#9ddba9", "comment": "#a9b2bd", "number": "#ffb27d", "function": "#8fc1ff",
}  # fmt: skip


def _variables(colours: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


STYLE = (
    f"""
:root{{color-scheme:light dark;{_variables(LIGHT)}}}
@media(prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}
"""
    + """
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:68rem;padding:1rem;color:var(--ink);background:var(--ground);overflow-wrap:anywhere}
h1{font-size:1.35rem;line-height:1.3;margin:.2rem 0 .6rem}h2{font-size:1.1rem;margin:1.8rem 0 .6rem}
header{margin-bottom:1rem}.facts{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:0;padding:0;list-style:none}.facts b{font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}
figure{margin:0;padding:.7rem;border:1px solid var(--line);border-radius:.4rem;min-width:0}
figcaption,summary,time,.sort{color:var(--dim)}figcaption b{color:var(--ink)}svg{display:block;width:100%;height:7rem;margin:.5rem 0}
.key{margin-left:.7rem;white-space:nowrap}.key:before{content:"";display:inline-block;width:.7em;height:.7em;margin-right:.3em;background:currentColor}
.part0{fill:#3f7fc4;color:#3f7fc4}.part1{fill:#8a6cc9;color:#8a6cc9}.part2{fill:#c98a2e;color:#c98a2e}
.key.part0,.key.part1,.key.part2{color:var(--dim)}.key.part0:before{background:#3f7fc4}.key.part1:before{background:#8a6cc9}.key.part2:before{background:#c98a2e}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9em}td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
ol{list-style:none;margin:0;padding:0}ol>li{border-left:3px solid var(--line);padding:.1rem 0 .1rem .9rem;margin:0 0 .9rem}
li.good{border-color:var(--good)}li.bad{border-color:var(--bad)}li.warning{border-color:var(--warning)}
.title{display:flex;flex-wrap:wrap;gap:0 .7rem;align-items:baseline}.sort{font-weight:600;min-width:5.2rem}.title time{margin-left:auto;font-variant-numeric:tabular-nums}
.good>.title .sort,.verdict.good{color:var(--good)}.bad>.title .sort,.verdict.bad{color:var(--bad)}.warning>.title .sort,.verdict.warning{color:var(--warning)}
li.prompt{border-color:var(--link)}li.prompt .sort{color:var(--link)}
p{margin:.3rem 0;white-space:pre-wrap}pre{direction:ltr;unicode-bidi:isolate;overflow-x:auto;background:var(--field);padding:.6rem;margin:.4rem 0;border-radius:.3rem;font:12.5px/1.45 ui-monospace,monospace;overflow-wrap:normal;tab-size:4}
p,td,span{unicode-bidi:isolate}summary{cursor:pointer}
.diff{padding:.4rem 0}.l{display:block;padding:0 .6rem;min-width:max-content;white-space:pre}.l i{font-style:normal;user-select:none;color:var(--dim)}
.add{background:var(--add)}.del{background:var(--del)}.head,.at{color:var(--dim)}
b.k,b.s,b.c,b.m,b.f{font-weight:400}.k{color:var(--keyword)}.s{color:var(--string)}.c{color:var(--comment)}.m{color:var(--number)}.f{color:var(--function)}
button{font:inherit;color:var(--link);background:none;border:1px solid var(--line);border-radius:.3rem;padding:.2rem .7rem;min-height:2.2rem;margin-right:.5rem}
@media(max-width:40rem){body{padding:.6rem;font-size:14px}.title time{margin-left:0}.charts{grid-template-columns:1fr}ol>li{padding-left:.6rem}}
@media print{button{display:none}body{max-width:none}pre{white-space:pre-wrap}}
"""
)
SCRIPT = (
    'document.querySelectorAll("button").forEach(b=>b.addEventListener("click",()=>'
    'document.querySelectorAll("details").forEach(d=>{d.open=b.id==="open"})))'
)
