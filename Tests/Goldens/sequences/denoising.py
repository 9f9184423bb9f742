"""What Hugging Face's BART computes in float64: logits, a training step, and texts decoded greedily.

Needs torch, transformers and safetensors. `python3 denoising.py` writes denoising.safetensors beside it. Weights are
such that texts of several lengths come out; token 29 is the mask, which no text has, so that its logits are left out.
"""

import os

import torch
import transformers
from safetensors.torch import save_file
from transformers import BartConfig, BartForConditionalGeneration

VOCABULARY, LENGTH, MASK = 29, 10, 29
FIRST, END = 2, 3

torch.manual_seed(9)
model = BartForConditionalGeneration(BartConfig(
    vocab_size=VOCABULARY + 1, d_model=12, encoder_layers=2, decoder_layers=1,
    encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=20, decoder_ffn_dim=20,
    max_position_embeddings=LENGTH, dropout=0, attention_dropout=0, activation_dropout=0,
    activation_function="gelu", scale_embedding=False, pad_token_id=0, bos_token_id=FIRST,
    eos_token_id=END, decoder_start_token_id=FIRST, forced_eos_token_id=None,
    attn_implementation="eager")).double().eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        size = parameter.numel()
        noise = torch.randn(parameter.shape, dtype=torch.float64)
        scale = 0.7 if parameter.dim() > 1 else 0.2
        center = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        parameter.copy_((center + scale * noise).float().double())

texts = [[5, 9, 11, 4, 8, 20, 28], [7, 6], [12, 25, 17, 6, 9, 10, 23, 14], [21, 22, 5]]
tokens = torch.zeros(len(texts), LENGTH, dtype=torch.long)
mask = torch.zeros_like(tokens)
for row, text in enumerate(texts):
    whole = [FIRST] + text + [END]
    tokens[row, :len(whole)] = torch.tensor(whole)
    mask[row, :len(whole)] = 1
damaged = tokens.clone()
damaged[0, 3] = damaged[2, 1] = damaged[2, 5] = MASK


def logits(source, shown):
    out = model(input_ids=source, attention_mask=mask, decoder_input_ids=shown, use_cache=False)
    return out.logits[..., :VOCABULARY]


found = logits(damaged, tokens[:, :-1])
rows = torch.nn.functional.cross_entropy(
    found.reshape(-1, VOCABULARY), tokens[:, 1:].reshape(-1), reduction="none")
loss = (rows * mask[:, 1:].reshape(-1)).sum() / mask[:, 1:].sum()
loss.backward()

decoded = torch.full((len(texts), LENGTH), 0)
shown = torch.zeros_like(decoded)
with torch.no_grad():
    for row in range(len(texts)):
        said = [FIRST]
        while len(said) < LENGTH - 1 and said[-1] != END:
            so_far = torch.tensor([said])
            out = model(
                input_ids=tokens[row:row + 1], attention_mask=mask[row:row + 1],
                decoder_input_ids=so_far, use_cache=False).logits[0, -1, :VOCABULARY]
            best = out.topk(2).values
            assert best[0] - best[1] > 1e-3
            said.append(int(out.argmax()))
        if said[-1] != END:
            said.append(END)
        decoded[row, :len(said)] = torch.tensor(said)
        shown[row, :len(said)] = 1
lengths = shown.sum(dim=1).tolist()
assert len(set(lengths)) > 2, lengths

kept = {
    key: tensor for key, tensor in model.state_dict().items()
    if not key.endswith(("embed_tokens.weight", "lm_head.weight", "final_logits_bias"))
}
gradients = {key: parameter.grad for key, parameter in model.named_parameters()}
save_file(
    {f"weights.{key}": tensor.float().clone() for key, tensor in kept.items()}
    | {f"gradients.{key}": gradients[key].float().clone() for key in kept}
    | {
        "tokens": tokens.int(), "mask": mask.int(), "damaged": damaged.int(),
        "logits": found.detach().float(), "loss": loss.detach().float().reshape(1),
        "decoded": decoded.int(), "shown": shown.int(),
    },
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "denoising.safetensors"),
    metadata={"source": f"transformers {transformers.__version__}, torch {torch.__version__}"})
print(lengths, loss.item())
print(decoded)
