import assert from 'node:assert/strict';
import { known } from '../../support/baseImages.ts';

/** Reference → distribution, suite, and `slim` where documentation is left out; `?`: not known. */
const cases = `
debian → debian trixie
debian:12 → debian bookworm
debian:12.5-slim → debian bookworm slim
debian:bookworm → debian bookworm
debian:bullseye-slim → debian bullseye slim
debian:bullseye-20240904-slim → debian bullseye slim
debian:buster-slim → debian buster slim
debian:jessie → debian jessie
debian:sid-slim → debian sid slim
debian:unstable → debian sid
debian:testing → debian forky
debian:stable → debian trixie
debian:oldoldstable-slim → debian bullseye slim
debian:bookworm-backports → debian bookworm
ubuntu → ubuntu resolute slim
ubuntu:14.04 → ubuntu trusty slim
ubuntu:16.04 → ubuntu xenial slim
ubuntu:20.04 → ubuntu focal slim
ubuntu:22.04 → ubuntu jammy slim
ubuntu:jammy-20240808 → ubuntu jammy slim
ubuntu:24.04 → ubuntu noble slim
ubuntu:24.10 → ubuntu oracular slim
ubuntu:rolling → ubuntu resolute slim
ubuntu:nosuch → ubuntu ? slim
alpine → alpine v3.24
alpine:3 → alpine v3.24
alpine:3.9 → alpine v3.9
alpine:3.20.3 → alpine v3.20
alpine:edge → alpine edge
fedora:40 → fedora 40
fedora → fedora 44
almalinux:9 → almalinux 9
almalinux:8.10-minimal → almalinux 8
rockylinux:9.3 → rocky 9
rockylinux/rockylinux:9 → rocky 9
amazonlinux:2 → amzn 2
amazonlinux → amzn 2023
amazonlinux:2023.6.20241010.0 → amzn 2023
oraclelinux:8-slim → ol 8
centos:7 → centos 7
centos:centos7.9.2009 → centos 7
quay.io/centos/centos:stream9 → centos 9
opensuse/leap:15.6 → opensuse-leap 15.6
opensuse/tumbleweed → opensuse-tumbleweed rolling
archlinux:base-devel → arch rolling
photon:5.0 → photon 5.0
busybox:1.36 → ?
scratchy/thing:1 → ?
buildpack-deps → debian trixie
buildpack-deps:curl → debian trixie
buildpack-deps:bookworm-scm → debian bookworm
buildpack-deps:oldstable-curl → debian bookworm
buildpack-deps:jammy-curl → ubuntu jammy slim
buildpack-deps:22.04-scm → ubuntu jammy slim
buildpack-deps:14.04 → ubuntu trusty slim
node → debian trixie
node:lts → debian bookworm
node:22 → debian bookworm
node:22-slim → debian bookworm slim
node:22.23.1-trixie-slim → debian trixie slim
node:20-bullseye → debian bullseye
node:18 → debian bookworm
node:16-slim → debian buster slim
node:14-alpine → alpine v3.17
node:12-buster-slim → debian buster slim
node:10 → debian stretch
node:24-alpine3.23 → alpine v3.23
node:lts-alpine → alpine v3.24
node:fermium → debian buster
python → debian trixie
python:3.12 → debian trixie
python:3.12-slim → debian trixie slim
python:3.12.4-slim → debian bookworm slim
python:3.11-slim-bullseye → debian bullseye slim
python:3.9.5 → debian buster
python:3.8-slim → debian bookworm slim
python:3.8.5-alpine → alpine v3.12
python:3.6 → debian bullseye
python:2 → debian buster
python:2.7-slim → debian buster slim
golang:1.22 → debian bookworm
golang:1.26 → debian trixie
golang:1.16-alpine → alpine v3.15
golang:1.13 → debian buster
golang:alpine → alpine v3.24
rust:1 → debian trixie
rust:1.70-slim → debian bullseye slim
rust:1-alpine → alpine v3.24
rust:slim-bookworm → debian bookworm slim
ruby:3.3 → debian trixie
ruby:2.7-slim → debian bullseye slim
ruby:2.6.3 → debian buster
php:8.3-fpm → debian trixie slim
php:8.2-apache → debian trixie slim
php:7.4-cli → debian bullseye slim
php:5.6-apache → debian stretch slim
php:8.4-fpm-alpine → alpine v3.24
openjdk:8-jdk → debian bullseye
openjdk:11-jre-slim → debian bullseye slim
openjdk:8-jdk-alpine → alpine v3.9
openjdk:17-slim → debian bullseye slim
eclipse-temurin:21-jdk → ubuntu resolute slim
eclipse-temurin:17-jre-focal → ubuntu focal slim
eclipse-temurin:8u302-b08-jdk → ubuntu focal slim
eclipse-temurin:21-jre-alpine → alpine v3.24
eclipse-temurin:21-ubi9-minimal → rhel 9
maven:3-eclipse-temurin-21 → ubuntu noble slim
maven:3.9-eclipse-temurin-17-alpine → alpine ?
gradle:8-jdk17-jammy → ubuntu jammy slim
tomcat:9-jdk17-temurin-noble → ubuntu noble slim
nginx → debian trixie slim
nginx:1.25 → debian bookworm slim
nginx:1.13-alpine → alpine ?
nginx:stable-alpine → alpine v3.24
nginx:mainline-bookworm → debian bookworm slim
postgres:17 → debian trixie slim
postgres:13.2 → ?
postgres:15-alpine3.20 → alpine v3.20
redis:7 → debian bookworm slim
redis:6-alpine → alpine v3.21
httpd:2.4 → debian trixie slim
mysql:8-oraclelinux9 → ol 9
mysql:5.7-debian → debian ? slim
mongo:7 → ubuntu jammy slim
mongo:4.4-focal → ubuntu focal slim
mariadb:11 → ubuntu noble slim
memcached:1.6-alpine → alpine v3.24
rabbitmq:3.12-management-alpine → alpine ?
docker:27 → alpine v3.21
amazoncorretto:21-al2023 → amzn 2023
php:8.6-rc-cli → ?
mcr.microsoft.com/dotnet/sdk:8.0-bookworm-slim → debian bookworm slim
mcr.microsoft.com/dotnet/aspnet:8.0 → debian bookworm slim
mcr.microsoft.com/dotnet/runtime:6.0-jammy → ubuntu jammy slim
mcr.microsoft.com/dotnet/sdk:10.0-noble → ubuntu noble slim
mcr.microsoft.com/dotnet/aspnet:9.0-alpine3.22 → alpine v3.22
mcr.microsoft.com/dotnet/sdk:9.0-azurelinux3.0 → azurelinux 3.0
mcr.microsoft.com/devcontainers/base:ubuntu-22.04 → ubuntu jammy slim
mcr.microsoft.com/devcontainers/python:3.12-bookworm → debian bookworm
mcr.microsoft.com/playwright:v1.44.0-jammy → ubuntu jammy slim
nvidia/cuda:12.2.0-devel-ubuntu22.04 → ubuntu jammy slim
nvidia/cuda:12.2.0-base-ubi8 → rhel 8
bitnami/node:18-debian-12 → debian bookworm
bitnami/minideb:bookworm → debian bookworm slim
gcr.io/distroless/base-debian12 → debian bookworm slim
gcr.io/distroless/nodejs20-debian11:nonroot → debian bullseye slim
registry.access.redhat.com/ubi9/ubi-minimal:9.4 → rhel 9
redhat/ubi8 → rhel 8
phusion/baseimage:jammy-1.0.4 → ubuntu jammy slim
public.ecr.aws/docker/library/node:22-slim → debian bookworm slim
public.ecr.aws/ubuntu/ubuntu:22.04 → ubuntu jammy slim
arm64v8/debian:bookworm → debian bookworm
ghcr.io/someone/thing:latest → ?
`;

describe('the distribution of a base image', () => {
  const lines = cases.trim().split('\n');
  for (const line of lines) {
    const [reference = '', expected = ''] = line.split(' → ');
    it(`is ${expected === '?' ? 'not known' : expected} for ${reference}`, () => {
      const { distribution } = known(reference);
      const words = distribution
        ? [distribution.id, distribution.suite ?? '?', ...(distribution.slim ? ['slim'] : [])]
        : ['?'];
      assert.equal(words.join(' '), expected);
    });
  }

  it('is looked up for more than a hundred references here', () => assert.ok(lines.length > 100));

  it('is known where the size is not, and the reason says from where', () => {
    const facts = known('nvidia/cuda:12.2.0-devel-ubuntu22.04');
    assert.equal(facts.size, null);
    assert.match(facts.reason, /That it is made of ubuntu jammy is read from/);
  });
});
