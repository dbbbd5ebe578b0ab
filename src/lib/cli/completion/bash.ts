import type { CompletionModel, Values } from './model.js'
import { argumentBranches, caseBranches, fieldBranches, fieldValueBranches, flagValueBranches, quoted } from './tables.js'

/**
 * A completion script for bash 4.2 and newer. It holds all that it offers: a Tab starts no program. It needs nothing of the
 * package bash-completion.
 */
export function bashCompletion(model: CompletionModel): string {
  const list = (words: readonly string[]) => `list=(${words.map(quoted).join(' ')})`
  const values = (found: Values) => (found.kind === 'list' ? `kind=list; ${list(found.list)}` : `kind=${found.kind}`)
  const children = [...model.children].map(([path, all]) => ({ keys: [path], found: all.map(({ name }) => name) }))
  const flags = model.commands.map((one) => ({ keys: [one.words], found: one.flags.flatMap(({ spellings }) => spellings) }))
  return `# Completion of pbxkit for bash 4.2 and newer, made by: pbxkit completion bash

# Each table is asked with a key and fills list (and kind); an unknown key leaves them empty.
_pbxkit_children() {
  list=()
  case $1 in
${caseBranches(children, list)}
  esac
}

_pbxkit_flags() {
  list=()
  case $1 in
${caseBranches(flags, list)}
  esac
}

# What follows a flag ("ami send --format") or is an argument ("ami send 0").
_pbxkit_values() {
  kind='' list=()
  case $1 in
${caseBranches([...flagValueBranches(model), ...argumentBranches(model)], values)}
  esac
}

_pbxkit_actions() { ${list(model.actions.map(({ name }) => name))}; }

_pbxkit_fields() {
  list=()
  case $1 in
${caseBranches(fieldBranches(model), list)}
  esac
}

_pbxkit_field_values() {
  list=()
  case $1 in
${caseBranches(fieldValueBranches(model), list)}
  esac
}

# Offers those of list that begin with $1, each with $2 before and $3 behind it; AMI's names are found in any case.
_pbxkit_offer() {
  local one
  for one in "\${list[@]}"; do
    [[ \${one,,} == "\${1,,}"* ]] && { [[ $kind == fields || $kind == actions || $one == "$1"* ]] && COMPREPLY+=("$2$one$3"); }
  done
}

# Offers what the table has found for the value $1, with $2 (a flag and =) before it.
_pbxkit_offer_values() {
  case $kind in
    list) _pbxkit_offer "$1" "$2" '' ;;
    actions) _pbxkit_actions; _pbxkit_offer "$1" "$2" '' ;;
    fields)
      if [[ $1 == *=* ]]; then
        local field=\${1%%=*}
        _pbxkit_field_values "\${action,,} \${field,,}"
        _pbxkit_offer "\${1#*=}" "$2$field=" ''
      else
        _pbxkit_fields "\${action,,}"
        _pbxkit_offer "$1" "$2" =
        compopt -o nospace 2>/dev/null
      fi ;;
    file | folder)
      local one option=-f
      [[ $kind == folder ]] && option=-d
      while IFS= read -r one; do COMPREPLY+=("$2$one"); done < <(compgen $option -- "$1")
      compopt -o filenames 2>/dev/null ;;
  esac
}

_pbxkit() {
  local list=() words=() kind='' line=\${COMP_LINE:0:COMP_POINT} piece blank last=-1
  COMPREPLY=()
  # bash also cuts at = and :, where no blank is.
  for piece in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    blank=\${line%%[![:blank:]]*}
    [[ $last -lt 0 || -n $blank ]] && words[$((++last))]=''
    line=\${line:\${#blank}}
    [[ \${#piece} -gt \${#line} ]] && piece=$line
    words[last]+=$piece
    line=\${line:\${#piece}}
  done
  local cur=\${words[last]} path='' at=1 word args=0 action='' pending=''
  [[ $cur == [\\'\\"]* ]] && cur=\${cur:1}
  for ((; at < last; at++)); do
    word=\${words[at]}
    _pbxkit_children "$path"
    [[ " \${list[*]} " == *" $word "* ]] || break
    path=\${path:+$path }$word
  done
  local first=$at
  for ((; at < last; at++)); do
    word=\${words[at]}
    if [[ -n $pending ]]; then pending=''; continue; fi
    if [[ $word == -?* ]]; then
      _pbxkit_values "$path $word"
      [[ -n $kind ]] && pending=$word
    else
      [[ $args -eq 0 ]] && action=$word
      ((args++))
    fi
  done
  if [[ -n $pending ]]; then
    _pbxkit_values "$path $pending"
    _pbxkit_offer_values "$cur" ''
  elif [[ $cur == --*=* ]]; then
    _pbxkit_values "$path \${cur%%=*}"
    _pbxkit_offer_values "\${cur#*=}" "\${cur%%=*}="
  elif [[ $cur == -* ]]; then
    _pbxkit_flags "$path"
    kind=''
    _pbxkit_offer "$cur" '' ''
  else
    kind=''
    if [[ $first -eq $last ]]; then _pbxkit_children "$path"; _pbxkit_offer "$cur" '' ''; fi
    _pbxkit_values "$path $args"
    _pbxkit_offer_values "$cur" ''
  fi
  # What stands before the last = or : is a word of its own to bash, which keeps it.
  local before=\${cur%"\${cur##*[=:]}"} index
  if [[ -n $before && $COMP_WORDBREAKS == *\${before: -1}* ]]; then
    for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]=\${COMPREPLY[index]#"$before"}; done
  fi
}
complete -F _pbxkit pbxkit
`
}
