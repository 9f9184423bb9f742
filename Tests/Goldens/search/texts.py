"""Records a search of order one for texts, straight through the choice of tokens, in PyTorch, in float64.

Needs torch, transformers and safetensors. `python3 texts.py` writes texts.safetensors beside it. The generator and its
texts are those of ../sequences/denoising.safetensors; student and teacher have vectors of tokens of other widths than
the generator and each other. Two steps, each of half the length of the whole path; then the loss on the last texts.
"""

import os

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.nn import functional as F
from transformers import (
    BartConfig, BartForConditionalGeneration, BertConfig, BertForSequenceClassification)
from transformers.modeling_outputs import BaseModelOutput

VOCABULARY, LENGTH, END = 29, 10, 3
STEPS, DISPLACEMENT, TEMPERATURE = 2, 0.6, 2.0
FOLDER = os.path.dirname(os.path.abspath(__file__))

known = load_file(os.path.join(FOLDER, "..", "sequences", "denoising.safetensors"))
generator = BartForConditionalGeneration(BartConfig(
    vocab_size=VOCABULARY + 1, d_model=12, encoder_layers=2, decoder_layers=1,
    encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=20, decoder_ffn_dim=20,
    max_position_embeddings=LENGTH, dropout=0, attention_dropout=0, activation_dropout=0,
    activation_function="gelu", scale_embedding=False, pad_token_id=0, bos_token_id=2,
    eos_token_id=END, decoder_start_token_id=2, forced_eos_token_id=None,
    attn_implementation="eager"))
stored = {name[len("weights."):]: value for name, value in known.items() if name.startswith("weights.")}
missing = generator.load_state_dict(stored, strict=False)
assert not missing.unexpected_keys, missing
generator.tie_weights()
generator.double().eval()
tokens, mask = known["tokens"].long(), known["mask"].long()


def encoder(width, seed):
    torch.manual_seed(seed)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=VOCABULARY, hidden_size=width, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=LENGTH, num_labels=3, hidden_dropout_prob=0,
        attention_probs_dropout_prob=0, pad_token_id=0, attn_implementation="eager")).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale = 0.8 if parameter.dim() > 1 else 0.2
            center = 1.0 if "LayerNorm.weight" in name else 0.0
            noise = torch.randn(parameter.shape, dtype=torch.float64)
            parameter.copy_((center + scale * noise).float().double())
    return model


student, teacher = encoder(8, 4), encoder(6, 5)


def logits(states, ids):
    out = generator(
        encoder_outputs=BaseModelOutput(last_hidden_state=states), attention_mask=mask,
        decoder_input_ids=ids, use_cache=False)
    return out.logits[..., :VOCABULARY]


@torch.no_grad()
def decode(states):
    said = tokens[:, :1]
    is_open = torch.ones(len(tokens), dtype=torch.long)
    shown = [is_open]
    for place in range(1, LENGTH):
        found = logits(states, said)[:, -1]
        best = found.topk(2).values
        assert ((best[:, 0] - best[:, 1] > 1e-2) | (is_open == 0)).all(), "nearly another token"
        chosen = found.argmax(1) if place < LENGTH - 1 else torch.full((len(tokens),), END)
        chosen = chosen * is_open
        assert ((chosen > 0) | (is_open == 0)).all(), "padding within a text"
        said = torch.cat([said, chosen[:, None]], 1)
        shown.append(is_open)
        is_open = is_open * (chosen != END)
    return said, torch.stack(shown, 1)


def divergence(own, other, temperature=1.0):
    own, other = (own / temperature).log_softmax(1), (other / temperature).log_softmax(1)
    return (other.exp() * (other - own)).sum(1)


def straight_through(model, ids, shares, chosen):
    table = model.bert.embeddings.word_embeddings.weight
    hard, soft = table[ids], shares @ table
    moved = hard[:, 1:] + chosen[..., None] * (soft - soft.detach())
    return torch.cat([hard[:, :1], moved], 1)


def norm(x):
    return (x * x).sum((1, 2), keepdim=True).sqrt()


with torch.no_grad():
    states = generator.model.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
size = DISPLACEMENT / STEPS * norm(states * mask[..., None])
out = {}
for point in range(STEPS + 1):
    ids, shown = decode(states)
    out[f"states.{point}"] = states
    out[f"tokens.{point}"], out[f"shown.{point}"] = ids.int(), shown.int()
    if point == STEPS:
        break
    leaf = states.clone().requires_grad_()
    shares = logits(leaf, ids[:, :-1]).softmax(-1)
    chosen = shown[:, 1:].double()
    chosen[:, -1] = 0
    rows = divergence(*(
        model(inputs_embeds=straight_through(model, ids, shares, chosen), attention_mask=shown).logits
        for model in (student, teacher)))
    (gradient,) = torch.autograd.grad(rows.sum(), leaf)
    assert (norm(gradient) > 1e-4).all(), norm(gradient)
    out[f"divergence.{point}"], out[f"gradient.{point}"] = rows.detach(), gradient
    states = states + size * gradient / (norm(gradient) + 1e-12)

changed = [(out[f"tokens.{k}"] != out[f"tokens.{k + 1}"]).any(1).tolist() for k in range(STEPS)]
assert all(any(step) for step in changed), changed
own, other = (model(input_ids=ids, attention_mask=shown).logits for model in (student, teacher))
out["divergence.end"] = divergence(own, other).detach()
loss = TEMPERATURE ** 2 * divergence(own, other.detach(), TEMPERATURE).mean()
loss.backward()
out["loss"] = loss.detach().reshape(1)
for name, model in (("student", student), ("teacher", teacher)):
    out |= {f"weights.{name}.{key}": value.detach() for key, value in model.named_parameters()}
out |= {f"gradients.{key}": value.grad for key, value in student.named_parameters()}
save_file(
    {key: value if value.dtype == torch.int32 else value.float().contiguous() for key, value in out.items()},
    os.path.join(FOLDER, "texts.safetensors"),
    metadata={
        "steps": str(STEPS), "displacement": str(DISPLACEMENT), "temperature": str(TEMPERATURE),
        "source": f"transformers {transformers.__version__}, torch {torch.__version__}"})
for point in range(STEPS + 1):
    print(out[f"tokens.{point}"].tolist())
print([out[f"divergence.{point}"].tolist() for point in (0, 1, "end")], loss.item())
